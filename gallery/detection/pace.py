"""How long people take for a case."""

import datetime as dt
from statistics import median

from django.utils import timezone

from gallery.models import Decision, Policy

DECISIONS = 5000
"""The newest that are looked at."""

ENOUGH = 50
"""Fewer gaps than this say less than the policy's own guess."""

PAUSE = dt.timedelta(minutes=5)
"""A longer gap between two decisions of one person is a break, not work."""

SINCE = dt.timedelta(days=90)


def seconds_per_case(policy: Policy) -> tuple[float, bool]:
    """
    Seconds from one decision of a person to their next, and whether that was measured.

    The median of the last 90 days; the policy's guess where there are fewer than 50 such gaps.
    """
    recent = Decision.objects.filter(at__gte=timezone.now() - SINCE).newest_first()
    last: dict[int, dt.datetime] = {}
    gaps: list[float] = []
    for actor, at in recent.values_list("actor_id", "at")[:DECISIONS]:
        later = last.get(actor)
        if later is not None and later - at <= PAUSE:
            gaps.append((later - at).total_seconds())
        last[actor] = at
    if len(gaps) < ENOUGH:
        return float(policy.seconds_per_case), False
    return median(gaps), True
