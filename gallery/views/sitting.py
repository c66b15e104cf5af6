"""What a browser remembers of somebody's work at the desk, so that opening a case writes nothing to the session."""

import datetime as dt
import json
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.views.access import SignedIn
from gallery.views.progress import PAUSE

COOKIE = "desk"
KEPT = dt.timedelta(hours=12)

TRAIL = 20
"""Cases that “the case before” remembers."""


@dataclass
class Sitting:
    """
    ``trail``: the cases that were looked at, the latest last. ``began`` and ``seen``: when this stretch of work began
    and when it was last seen, in seconds since 1970; 0 before the first case.
    """

    trail: list[int] = field(default_factory=list)
    began: float = 0.0
    seen: float = 0.0

    @classmethod
    def of(cls, request: SignedIn) -> "Sitting":
        """As the browser has it. The cookie is signed, and of nobody but this person."""
        cookie = request.get_signed_cookie(COOKIE, "", salt=_salt(request), max_age=KEPT)
        kept = json.loads(cookie) if cookie else {}
        return cls(kept.get("trail", []), kept.get("began", 0.0), kept.get("seen", 0.0))

    def keep(self, request: SignedIn, response: HttpResponse) -> None:
        response.set_signed_cookie(
            COOKIE,
            json.dumps({"trail": self.trail, "began": self.began, "seen": self.seen}),
            salt=_salt(request),
            max_age=KEPT,
            path=reverse("review"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def follow(self, case: int) -> int | None:
        """Remember that ``case`` was looked at; the case that was looked at before it."""
        if case in self.trail:
            self.trail = self.trail[: self.trail.index(case)]
        before = self.trail[-1] if self.trail else None
        self.trail = [*self.trail, case][-TRAIL:]
        return before

    def work(self, request: SignedIn) -> None:
        """Note that somebody is at work; after as long as they chose, say so, and begin to count again."""
        moment = timezone.now().timestamp()
        if moment - self.seen > PAUSE.total_seconds():
            self.began = moment
        minutes = request.user.break_minutes
        if minutes and moment - self.began >= minutes * 60:
            sentence = _("%(n)s minutes without a break. The queue waits; your eyes would like one.")
            messages.info(request, sentence % {"n": round((moment - self.began) / 60)})
            self.began = moment
        self.seen = moment


def _salt(request: SignedIn) -> str:
    return f"desk of {request.user.pk}"
