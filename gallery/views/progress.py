"""Where somebody stands in the queue: “Case 14 of 212 · about 50 min left at your pace”."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from gallery.models import Decision, User

RECENT = 30
"""Decisions that the pace is taken from."""

ENOUGH = 5
"""Fewer gaps than this are no pace."""

PAUSE = dt.timedelta(minutes=5)
"""A longer gap is a break, not work."""


def progress(user: User, *, done: int, left: int) -> str:
    """
    Which case of the day this is, how many there are, and how long they take at the pace of the last decisions.

    ``done`` are the answers of today, ``left`` the cases that wait. The time is left out while the pace is not known.
    """
    moments = list(Decision.objects.by(user).answers().newest_first().values_list("at", flat=True)[:RECENT])
    words = _("Case %(n)s of %(all)s") % {
        "n": number_format(done + 1),
        "all": number_format(max(done + left, done + 1)),
    }
    seconds = pace(moments)
    if seconds is None or not left:
        return words
    return _("%(case)s · about %(time)s left at your pace") % {"case": words, "time": duration(seconds * left)}


def pace(moments: Sequence[dt.datetime]) -> float | None:
    """Seconds from one decision to the next, the median; ``moments`` are newest first. None if that is a guess."""
    gaps = [later - earlier for later, earlier in pairwise(moments)]
    worked = [gap.total_seconds() for gap in gaps if gap <= PAUSE]
    return median(worked) if len(worked) >= ENOUGH else None


def duration(seconds: float) -> str:
    """Minutes up to two hours, then hours."""
    minutes = max(1, round(seconds / 60))
    if minutes < 120:
        return _("%(n)s min") % {"n": number_format(minutes)}
    return _("%(n)s h") % {"n": number_format(round(minutes / 60))}
