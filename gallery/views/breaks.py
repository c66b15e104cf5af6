"""A word after a long stretch of work without a break, for those who asked for one."""

import datetime as dt

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.views.access import SignedIn
from gallery.views.progress import PAUSE

KEPT = "at_work"
"""In the session: when this stretch of work began, and when it was last seen, in seconds since 1970."""


def remind(request: SignedIn, *, now: dt.datetime | None = None) -> None:
    """Note that somebody is at work; once they are for as long as they chose, say so, and begin to count again."""
    moment = (now or timezone.now()).timestamp()
    began, seen = request.session.get(KEPT, (moment, moment))
    if moment - seen > PAUSE.total_seconds():
        began = moment
    minutes = request.user.break_minutes
    if minutes and moment - began >= minutes * 60:
        sentence = _("%(n)s minutes without a break. The queue waits; your eyes would like one.")
        messages.info(request, sentence % {"n": round((moment - began) / 60)})
        began = moment
    request.session[KEPT] = (began, moment)
