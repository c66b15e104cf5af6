"""Connects open pairs to cases, and keeps cases true when pairs open and close."""

from collections import defaultdict
from collections.abc import Collection

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from gallery.detection import batches, groups
from gallery.detection.groups import Group, Sides, split
from gallery.detection.projection import project
from gallery.detection.walks import met_from
from gallery.models import Case, CaseMember, Pair, Policy, SplitPart

REACH = 3000
"""Images looked at in one go. A group beyond it is worked off case by case."""


def refresh(images: Collection[int]) -> None:
    """After a verdict, a merge, an undo or a removal: recompute the pairs of ``images`` and the cases around them."""
    one_at_a_time()
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
    splits = standing_splits(reached)
    _assign(split(pairs, cap=policy.case_cap, splits=splits), affected, policy)
    batches.fold(groups.batches(pairs, cap=policy.case_cap, splits=splits), affected)


def copies_around(images: Collection[int], *, more_than: int) -> Group | None:
    """
    The sure copies of one picture that one of ``images`` is among, as far as :data:`REACH`; of several the most.

    None if there are not ``more_than`` so many of any.
    """
    pairs = _open_pairs_around(set(images))
    splits = standing_splits({*images, *(end for pair in pairs for end in (pair.left_id, pair.right_id))})
    found = groups.batches(pairs, cap=more_than, splits=splits)
    met = [group for group in found if not group.images.isdisjoint(images)]
    return max(met, key=lambda group: len(group.images), default=None)


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
    """
    The open pairs of the connected groups that ``seeds`` are in, as far as :data:`REACH`, without their evidence.

    One query, however long the chains are.
    """
    if not seeds:
        return []
    walk, marks = met_from(seeds)
    with connection.cursor() as cursor:
        cursor.execute(walk + _PAIRS_OF_MET, [*marks, Pair.State.OPEN.value, REACH])
        rows = cursor.fetchall()
    return [Pair(pk=pk, left_id=left, right_id=right, tier=tier, score=score) for pk, left, right, tier, score in rows]


_PAIRS_OF_MET = """
    SELECT id, left_id, right_id, tier, score FROM gallery_pair
    WHERE state = %s AND left_id IN (SELECT image FROM met LIMIT %s)
"""


def standing_splits(images: Collection[int]) -> list[Sides]:
    """
    The splits that nobody has taken back, as far as they are about ``images``, oldest first.

    An image is on the side of what was merged into it; one that holds images of both sides is on neither.
    """
    told = SplitPart.objects.standing().filter(Q(image__in=images) | Q(image__merged_into__in=images))
    rows = told.order_by("decision__at", "decision").values_list("decision", "image", "image__merged_into", "part")
    found: dict[object, dict[int, set[int]]] = {}
    for decision, image, keeper, part in rows:
        sides = found.setdefault(decision, defaultdict(set))
        for one in (image, keeper):
            if one is not None:
                sides[one].add(part)
    return [{image: min(parts) for image, parts in sides.items() if len(parts) == 1} for sides in found.values()]


def _assign(found: list[Group], affected: dict[int, Case], policy: Policy) -> None:
    """Give each group a case, an old one where most of it was; close what is left over."""
    homes = dict(CaseMember.objects.filter(case__in=affected, live=True).values_list("image", "case"))
    left_over = dict(affected)
    claims: list[tuple[Group, Case | None]] = []
    for group in found:
        shares: dict[int, int] = defaultdict(int)
        for image in group.images:
            if homes.get(image) in left_over:
                shares[homes[image]] += 1
        best = max(shares, key=lambda case: (shares[case], -case), default=None)
        claims.append((group, left_over.pop(best) if best is not None else None))
    for case in left_over.values():
        close(case)
    shown = _shown([kept.pk for _group, kept in claims if kept])
    # First everybody leaves, then everybody arrives: an image is live in one case at most at every moment.
    for group, kept in claims:
        if kept and (leaving := shown[kept.pk][0] - group.images):
            CaseMember.objects.filter(case=kept, image__in=leaving).update(live=False)
    for group, kept in claims:
        case = kept or Case(opened_under=policy, size=len(group.images))
        _fill(case, group, shown.get(case.pk, (set(), set())))


def _shown(cases: Collection[int]) -> dict[int, tuple[set[int], set[int]]]:
    """The live members and the open pairs of each case, in two queries: a burst of copies makes a hundred cases."""
    found: dict[int, tuple[set[int], set[int]]] = {case: (set(), set()) for case in cases}
    for case, image in CaseMember.objects.filter(case__in=cases, live=True).values_list("case", "image"):
        found[case][0].add(image)
    for case, pair in Pair.objects.awaiting_review().filter(case__in=cases).values_list("case", "pk"):
        found[case][1].add(pair)
    return found


def _fill(case: Case, group: Group, shown: tuple[set[int], set[int]]) -> None:
    """Write the group into the case; the version goes up only if something on screen would differ."""
    members, known = shown
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


def close(case: Case) -> None:
    """Nothing is left to decide. The members stay on record."""
    CaseMember.objects.filter(case=case, live=True).update(live=False)
    Pair.objects.filter(case=case, state=Pair.State.OPEN).update(case=None)
    if case.batch_size:
        Case.objects.filter(batch=case).update(batch=None)  # what it stood for stands for itself
    Case.objects.filter(pk=case.pk, state=Case.State.OPEN).update(
        state=Case.State.CLOSED,
        size=0,
        batch=None,
        batch_size=0,
        version=F("version") + 1,
        closed_at=timezone.now(),
        updated_at=timezone.now(),
        lease_holder=None,
        lease_until=None,
    )
