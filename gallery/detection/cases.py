"""Connects open pairs to cases, and keeps cases true when pairs open and close."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F
from django.utils import timezone

from gallery.detection.projection import project
from gallery.models import Case, CaseMember, Pair, Policy

REACH = 3000
"""Images looked at in one go. A group beyond it is worked off case by case."""


@dataclass(slots=True)
class Group:
    """Images that belong on one page, and the open pairs between them."""

    images: set[int]
    pairs: list[Pair] = field(default_factory=list)


def refresh(images: Collection[int]) -> None:
    """After a verdict, a merge, an undo or a removal: recompute the pairs of ``images`` and the cases around them."""
    project(Pair.objects.touching(list(images)))
    connect(images)


def connect(images: Collection[int]) -> None:
    """
    Make the cases around ``images`` true again: open, grow, split and close them. Inside a transaction.

    Every change of a case raises its version, so that a decision on what was on screen before is told so. A case keeps
    its number as long as most of its images stay together.
    """
    policy = one_at_a_time()
    seeds = set(images)
    affected = {case.pk: case for case in _cases_of(seeds)}
    seeds |= _members_of(affected)
    pairs = _open_pairs_around(seeds)
    reached = seeds | {image for pair in pairs for image in (pair.left_id, pair.right_id)}
    for case in _cases_of(reached):
        affected.setdefault(case.pk, case)
    groups = split(pairs, cap=policy.case_cap)
    _assign(groups, affected, policy)


def one_at_a_time() -> Policy:
    """
    The policy in force, locked: cases are rebuilt by one transaction at a time.

    Two that overlap would both open a case for the same image. Whoever locks images or cases too takes this lock
    first, so that no two transactions wait for each other.
    """
    rows = Policy.objects.all()
    if connection.features.has_select_for_no_key_update:
        rows = rows.select_for_update(no_key=True)
    return rows.in_force()


def _cases_of(images: Collection[int]) -> list[Case]:
    return list(Case.objects.open().filter(members__image__in=images, members__live=True).distinct().order_by("pk"))


def _members_of(cases: Collection[int]) -> set[int]:
    return set(CaseMember.objects.filter(case__in=cases, live=True).values_list("image", flat=True))


def _open_pairs_around(seeds: set[int]) -> list[Pair]:
    """The open pairs of the connected groups that ``seeds`` are in, as far as :data:`REACH`."""
    found: dict[int, Pair] = {}
    seen, frontier = set(seeds), set(seeds)
    while frontier and len(seen) < REACH:
        fresh = [pair for pair in Pair.objects.awaiting_review().touching(list(frontier)) if pair.pk not in found]
        found.update((pair.pk, pair) for pair in fresh)
        frontier = {image for pair in fresh for image in (pair.left_id, pair.right_id)} - seen
        seen |= frontier
    return list(found.values())


def split(pairs: Iterable[Pair], *, cap: int) -> list[Group]:
    """
    Connected groups of at most ``cap`` images, cut at their weakest bridges.

    Kruskal's algorithm on the surest pairs first; a pair that would make a group too large is a bridge between two
    cases and waits until one of them is decided.
    """
    home: dict[int, Group] = {}
    for pair in sorted(pairs, key=lambda found: (-found.tier, -found.score, found.pk)):
        one = home.setdefault(pair.left_id, Group({pair.left_id}))
        other = home.setdefault(pair.right_id, Group({pair.right_id}))
        if one is not other:
            if len(one.images) + len(other.images) > cap:
                continue
            one.images |= other.images
            one.pairs += other.pairs
            home.update(dict.fromkeys(other.images, one))
        one.pairs.append(pair)
    groups = {id(group): group for group in home.values() if len(group.images) > 1}
    return sorted(groups.values(), key=lambda group: min(group.images))


def _assign(groups: list[Group], affected: dict[int, Case], policy: Policy) -> None:
    """Give each group a case, an old one where most of it was; close what is left over."""
    homes = dict(CaseMember.objects.filter(case__in=affected, live=True).values_list("image", "case"))
    left_over = dict(affected)
    claims: list[tuple[Group, Case | None]] = []
    for group in groups:
        shares: dict[int, int] = defaultdict(int)
        for image in group.images:
            if homes.get(image) in left_over:
                shares[homes[image]] += 1
        best = max(shares, key=lambda case: (shares[case], -case), default=None)
        claims.append((group, left_over.pop(best) if best is not None else None))
    for case in left_over.values():
        close(case)
    # First everybody leaves, then everybody arrives: an image is live in one case at most at every moment.
    for group, kept in claims:
        if kept:
            _leave(kept, group.images)
    for group, kept in claims:
        _fill(kept or Case(opened_under=policy, size=len(group.images)), group)


def _leave(case: Case, staying: set[int]) -> None:
    CaseMember.objects.filter(case=case, live=True).exclude(image__in=staying).update(live=False)


def _fill(case: Case, group: Group) -> None:
    """Write the group into the case; the version goes up only if something on screen would differ."""
    members = set() if case._state.adding else _live(case)
    known = set() if case._state.adding else set(case.pairs.awaiting_review().values_list("pk", flat=True))
    surest = max(group.pairs, key=lambda pair: (pair.tier, pair.score))
    wanted = {pair.pk for pair in group.pairs}
    facts = (len(group.images), surest.tier, surest.score)
    if members == group.images and known == wanted and facts == (case.size, case.tier, case.score):
        return
    case.size, case.tier, case.score = facts
    if case._state.adding:
        case.save()
    else:
        Case.objects.filter(pk=case.pk).update(
            size=case.size, tier=case.tier, score=case.score, version=F("version") + 1, updated_at=timezone.now()
        )
    for image in group.images - members:
        CaseMember.objects.update_or_create(case=case, image_id=image, defaults={"live": True})
    Pair.objects.filter(case=case).exclude(pk__in=wanted).update(case=None)
    Pair.objects.filter(pk__in=wanted).update(case=case)


def _live(case: Case) -> set[int]:
    return set(case.members.filter(live=True).values_list("image", flat=True))


def close(case: Case) -> None:
    """Nothing is left to decide. The members stay on record."""
    CaseMember.objects.filter(case=case, live=True).update(live=False)
    Pair.objects.filter(case=case, state=Pair.State.OPEN).update(case=None)
    Case.objects.filter(pk=case.pk, state=Case.State.OPEN).update(
        state=Case.State.CLOSED,
        size=0,
        version=F("version") + 1,
        closed_at=timezone.now(),
        updated_at=timezone.now(),
        lease_holder=None,
        lease_until=None,
    )
