"""How far detection is behind, and when it last did something: for those who wonder why nothing comes."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from gallery.models import Collection, Fingerprint, Image, OutboxEntry

LATE = dt.timedelta(minutes=2)
"""Work that is due and that nobody took for so long: probably nobody is there."""


@dataclass(frozen=True, slots=True)
class Condition:
    """
    ``waiting`` images are still being compared, ``aside`` could not be read, ``stuck`` pieces of work failed.

    ``at_work`` says whether a worker holds work at this moment, ``last_work`` when one last finished reading an image
    or checking the index. ``checked``, ``repaired`` and ``astray`` are about the index: since the last it is not in the
    state that SQL knows, and nothing is searched. Moments are None where it never happened.
    """

    waiting: int
    aside: int
    stuck: int
    at_work: bool
    is_late: bool
    last_work: dt.datetime | None
    checked: dt.datetime | None
    repaired: dt.datetime | None
    astray: dt.datetime | None


def condition() -> Condition:
    """Three queries, none of which grows with the library."""
    quarantined = Image.Stage.QUARANTINED
    # Only rows of these stages are read, through their index.
    images = Image.objects.filter(stage__in=[*Image.Stage.waiting_stages(), quarantined]).aggregate(
        waiting=Count("pk", filter=~Q(stage=quarantined) & Q(standing=Image.Standing.LIVE)),
        aside=Count("pk", filter=Q(stage=quarantined)),
    )
    lively = Q(quarantined_at=None)
    work = OutboxEntry.objects.aggregate(
        stuck=Count("pk", filter=~lively),
        held=Count("pk", filter=lively & Q(lease_until__gt=Now())),
        due=Min("next_at", filter=lively & (Q(lease_until=None) | Q(lease_until__lt=Now()))),
    )
    newest = Fingerprint.objects.order_by("-pk").values("created_at")[:1]
    index = Collection.objects.aggregate(
        checked=Max("checked_at"),
        repaired=Max("repaired_at"),
        astray=Min("astray_since"),
        read=Max(Subquery(newest)),
    )
    done = [moment for moment in (index["checked"], index["read"]) if moment]
    return Condition(
        **images,
        stuck=work["stuck"],
        at_work=bool(work["held"]),
        is_late=work["due"] is not None and work["due"] < timezone.now() - LATE,
        last_work=max(done, default=None),
        checked=index["checked"],
        repaired=index["repaired"],
        astray=index["astray"],
    )
