"""How the desk is doing: what waits and since when, and what was decided and taken back. A query each."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, F, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from gallery.models import Case, CaseMember, CaseSkip, Decision, User

DAYS = 30


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue: how many cases, and since when the oldest of them waits (None if there is none)."""

    count: int
    oldest: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Queues:
    mine: Waiting
    skipped: Waiting
    escalated: Waiting
    open: Waiting


def queues(user: User) -> Queues:
    """The queues of ``user``; ``mine`` is what :func:`gallery.review.queue.waiting_for` gives."""
    cases = (
        Case.objects.open()
        .unfolded()
        .annotate(
            is_own=Q(pk__in=CaseMember.objects.about(user).values("case")),
            is_skipped=Q(pk__in=CaseSkip.objects.filter(user=user).values("case")),
        )
    )
    escalated = Q(escalated_at__isnull=False)
    mine = Q(is_own=False, is_skipped=False) & (Q() if user.may_override else ~escalated)
    kinds = {"mine": mine, "skipped": Q(is_skipped=True), "escalated": escalated, "open": Q(pk__isnull=False)}
    found = cases.aggregate(
        **{f"{name}_count": Count("pk", filter=which) for name, which in kinds.items()},
        **{f"{name}_oldest": Min("created_at", filter=which) for name, which in kinds.items()},
    )
    return Queues(**{name: Waiting(found[f"{name}_count"], found[f"{name}_oldest"]) for name in kinds})


@dataclass(frozen=True, slots=True)
class Day:
    """
    What was decided on one day: by everybody and by one person.

    Of these, how many their own author took back since, and how many somebody else did.
    """

    date: dt.date
    total: int = 0
    mine: int = 0
    undone: int = 0
    overturned: int = 0


def by_day(user: User, *, days: int = DAYS) -> list[Day]:
    """The last ``days``, oldest first, today last. Days without a decision are there too."""
    today = timezone.localdate()
    first = today - dt.timedelta(days=days - 1)
    since = timezone.make_aware(dt.datetime.combine(first, dt.time.min))
    rows = (
        Decision.objects.answers()
        .filter(dissent=False)
        .since(since)
        .annotate(date=TruncDate("at"))
        .values("date")
        .annotate(
            total=Count("pk"),
            mine=Count("pk", filter=Q(actor=user)),
            undone=Count("pk", filter=Q(undone_by=F("actor"))),
            overturned=Count("pk", filter=Q(undone_by__isnull=False) & ~Q(undone_by=F("actor"))),
        )
        .order_by("date")
    )
    found = {row["date"]: Day(**row) for row in rows}
    dates = [first + dt.timedelta(days=number) for number in range(days)]
    return [found.get(date, Day(date)) for date in dates]
