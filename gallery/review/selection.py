"""
Which cases are meant: the filters of the list, read from an address, and the cases that they leave.

A bulk job is about exactly these; so the list, its count and the job ask here.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery.models import Case, CaseMember, Pair, Tag, User
from gallery.models.case import CaseQuerySet
from gallery.models.pair import PairQuerySet
from gallery.review import queue

LONGEST_NAME = 150
LONGEST_TAG = 60
LARGEST_VERSION = 2**31 - 1

SHOWS: dict[str, Promise] = {
    "waiting": _("Waiting for you"),
    "skipped": _("Skipped by you"),
    "escalated": _("Escalated"),
    "all": _("All open"),
}

SIGNALS: dict[str, Promise] = {
    "bytes": _("same file"),
    "pixels": _("same pixels"),
    "pdq": _("near hash (PDQ)"),
    "similarity": _("similarity"),
    "geometry": _("geometry"),
}

AGES: dict[str, Promise] = {
    "day": _("since a day"),
    "week": _("since a week"),
    "over-week": _("longer than a week"),
    "over-month": _("longer than 30 days"),
}

TRAITS: dict[str, Promise | str] = {trait.name.lower(): trait.label for trait in Pair.Trait}
TIERS: dict[str, Promise | str] = {tier.name.lower(): tier.label for tier in reversed(Pair.Tier) if tier.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """
    What the list is narrowed to. Every field is empty where it says nothing.

    ``least`` and ``most`` bound the score of the case, 0 to 1; ``owner`` is the name of an account and ``tag`` one
    of the tags of an image; ``policy`` is the version that was in force when the case was opened.
    """

    show: str = "waiting"
    tier: str = ""
    least: str = ""
    most: str = ""
    signal: str = ""
    trait: str = ""
    owner: str = ""
    tag: str = ""
    age: str = ""
    policy: str = ""

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> Self:
        """The filters of an address or a saved row. What makes no sense is left out."""
        given = {field.name: str(query.get(field.name, "")).strip() for field in fields(cls)}
        return cls(
            show=_one_of(given["show"], SHOWS) or "waiting",
            tier=_one_of(given["tier"], TIERS),
            least=_score(given["least"]),
            most=_score(given["most"]),
            signal=_one_of(given["signal"], SIGNALS),
            trait=_one_of(given["trait"], TRAITS),
            owner=given["owner"].replace("\0", "")[:LONGEST_NAME],
            tag=given["tag"].replace("\0", "")[:LONGEST_TAG],
            age=_one_of(given["age"], AGES),
            policy=_version(given["policy"]),
        )

    def as_dict(self) -> dict[str, str]:
        """Only what narrows, fit for JSON."""
        return {name: value for name, value in asdict(self).items() if value and (name, value) != ("show", "waiting")}

    def as_query(self) -> str:
        """The same as part of an address, without the question mark."""
        return urlencode(self.as_dict())

    @property
    def is_narrowed(self) -> bool:
        """Whether there is more than the choice of the queue."""
        return bool(set(self.as_dict()) - {"show"})


def _one_of(given: str, choices: Mapping[str, Any]) -> str:
    return given if given in choices else ""


def _score(given: str) -> str:
    try:
        value = float(given)
    except ValueError:
        return ""
    return given if math.isfinite(value) and 0 <= value <= 1 else ""


def _version(given: str) -> str:
    return str(int(given)) if given.isdecimal() and len(given) < 11 and int(given) <= LARGEST_VERSION else ""


def matching(filters: Filters, user: User) -> CaseQuerySet:
    """The open cases that ``filters`` leave for ``user``, in the order of the queue."""
    found = _queue(filters.show, user).filter(_own_facts(filters))
    if filters.owner:
        members = CaseMember.objects.filter(case=OuterRef("pk"), live=True, image__owner__username=filters.owner)
        found = found.filter(Exists(members))
    if filters.tag:
        called = Tag.objects.filter(name__iexact=filters.tag)
        tagged = CaseMember.objects.filter(case=OuterRef("pk"), live=True, image__tags__in=called)
        found = found.filter(Exists(tagged))
    if filters.signal or filters.trait:
        pairs = Pair.objects.awaiting_review().filter(case=OuterRef("pk"))
        found = found.filter(Exists(_by_evidence(pairs, filters)))
    return found.most_certain_first()


def _queue(show: str, user: User) -> CaseQuerySet:
    match show:
        case "skipped":
            return Case.objects.open().unfolded().filter(skips__user=user)
        case "escalated":
            return Case.objects.open().exclude(escalated_at=None)
        case "all":
            return Case.objects.open().unfolded()
        case _:
            return queue.waiting_for(user)


def _own_facts(filters: Filters) -> Q:
    wanted = Q()
    if filters.tier:
        wanted &= Q(tier=Pair.Tier[filters.tier.upper()])
    if filters.least:
        wanted &= Q(score__gte=float(filters.least))
    if filters.most:
        wanted &= Q(score__lte=float(filters.most))
    if filters.policy:
        wanted &= Q(opened_under__version=int(filters.policy))
    if filters.age:
        days = {"day": 1, "week": 7, "over-week": 7, "over-month": 30}[filters.age]
        moment = timezone.now() - dt.timedelta(days=days)
        wanted &= Q(created_at__lt=moment) if filters.age.startswith("over") else Q(created_at__gte=moment)
    return wanted


def _by_evidence(pairs: PairQuerySet, filters: Filters) -> PairQuerySet:
    """Of the pairs those with the signal and the trait, each weighed by the policy that the pair was scored under."""
    match filters.signal:
        case "bytes":
            pairs = pairs.filter(same_bytes=True)
        case "pixels":
            pairs = pairs.filter(same_pixels=True, same_bytes=False)
        case "pdq":
            pairs = pairs.filter(pdq_usable=True, pdq_distance__lte=F("policy__pdq_review"))
        case "similarity":
            pairs = pairs.filter(similarity__gte=F("policy__similarity_review"))
        case "geometry":
            pairs = pairs.filter(cells__gte=F("policy__loose_cells"), ncc__gt=F("policy__loose_ncc"))
    return pairs.with_trait(Pair.Trait[filters.trait.upper()]) if filters.trait else pairs


# --- Positions and sums -----------------------------------------------------------------------------------------------


def position_of(case: Case) -> str:
    """Where a case stands in the queue, to go on behind it although it changes or closes."""
    return f"{case.tier}:{case.score!r}:{case.pk}"


def behind(cases: CaseQuerySet, position: str) -> CaseQuerySet:
    """What follows ``position``; all of ``cases`` if it makes no sense."""
    parts = position.split(":")
    try:
        tier, score, pk = int(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        return cases
    if not math.isfinite(score) or not 0 <= tier <= max(Pair.Tier) or not 0 <= pk < 2**63:
        return cases
    return cases.filter(
        Q(tier__lt=tier) | Q(tier=tier, score__lt=score) | Q(tier=tier, score=score, pk__gt=pk),
    )


@dataclass(frozen=True, slots=True)
class Seal:
    """
    How many cases were on screen, and a sum over their numbers and versions.

    If it is the same when the form comes back, these are the same cases as they were.
    """

    count: int
    sums: str

    def __str__(self) -> str:
        return f"{self.count}-{self.sums}"


def seal(cases: CaseQuerySet) -> Seal:
    found = cases.order_by().aggregate(count=Count("pk"), numbers=Sum("pk"), versions=Sum("version"))
    return Seal(found["count"], f"{found['numbers'] or 0}-{found['versions'] or 0}")


def only(cases: CaseQuerySet, ticked: Iterable[int]) -> CaseQuerySet:
    """Of ``cases`` the ticked ones; all if none is."""
    wanted = list(ticked)
    return cases.filter(pk__in=wanted) if wanted else cases
