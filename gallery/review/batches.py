"""
A batch answered as a whole: which pictures are meant, which are left to people, and the parts that are worked off.

Approvals are one decision about all of them, a merge is one for every hundred: each takes seconds, and others decide in
between. All are sure copies of one picture, though not each was compared with the one that stays.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from gallery.detection import cases
from gallery.detection.batches import steps_from
from gallery.detection.groups import Group
from gallery.errors import NotAllowed
from gallery.models import BulkItem, BulkJob, Case, CaseMember, Decision, Image, Pair, Policy, StoredFile, User
from gallery.review import bulk_rules, decisions, keeper
from gallery.review.actions import ACTIONS, Action
from gallery.review.submit import Scene, Submit
from gallery.review.transactions import locked

PART = 100
"""Images of one merge."""

AT_ONCE = 1
"""Parts between two looks at the outbox: seconds, on a busy machine half a minute, which is below its lease."""

CANDIDATES = 30
"""Images that are weighed as keepers: those with most pixels. A score for each of thousands would take seconds."""

MERGE = Decision.Action.MERGE


def of(case: Case) -> Group | None:
    """The batch that the images of ``case`` belong to; None if one case holds all of it."""
    members = CaseMember.objects.filter(case=case, live=True).order_by().values_list("image", flat=True)
    return cases.copies_around(set(members), more_than=Policy.objects.in_force().case_cap)


def offered(images: Collection[int]) -> list[Action]:
    """The answers that make sense for all of ``images``: a verdict on contents can't tell identical files apart."""
    found = StoredFile.objects.filter(image__in=images).aggregate(all=Count("pk"), kinds=Count("sha256", distinct=True))
    if found["kinds"] == 1:
        return [ACTIONS["intentional"], ACTIONS["merge"]]
    if found["kinds"] == found["all"]:
        return [ACTIONS["merge"], ACTIONS["related"], ACTIONS["different"]]
    return [ACTIONS["merge"]]


def keepers(images: Collection[int], user: User) -> list[Image]:
    """Those that might stay when the others are merged, the best first; none of one's own or on legal hold."""
    foreign = Image.objects.live().filter(pk__in=images, held=False).exclude(owner=user).exclude(absorbed__owner=user)
    largest = foreign.order_by(F("file__width") * F("file__height") * -1, "pk").select_related("file", "owner")
    found = list(largest[:CANDIDATES])
    if not found:
        return []
    pairs = Pair.objects.among([image.pk for image in found])
    return keeper.suggest(found, pairs, Policy.objects.in_force()).best_first(found)


@dataclass(frozen=True, slots=True)
class Sorted:
    """``free``: those to decide about. ``left``: those that are left to people, by the code of the reason."""

    free: list[int]
    left: dict[str, list[int]]


def sorted_out(images: Sequence[int], user: User, *, action: str, keeper: Image | None) -> Sorted:
    """``images`` in their order, without those that ``user`` may not decide about now or that need a closer look."""
    why = _reasons_against(images, user)
    if action == MERGE and keeper is not None:
        rows = Image.objects.filter(pk__in=images).filter(Q(held=True) | ~Q(licence=keeper.licence))
        for pk, held in rows.values_list("pk", "held"):
            why.setdefault(pk, "held" if held else "licence")
    left: dict[str, list[int]] = defaultdict(list)
    for image in images:
        if image in why:
            left[why[image]].append(image)
    return Sorted([image for image in images if image not in why], dict(left))


def _reasons_against(images: Sequence[int], user: User) -> dict[int, str]:
    """Whose own they are, and whose case somebody is at or has escalated."""
    own = Image.objects.filter(Q(pk__in=images) | Q(merged_into__in=images), owner=user)
    why = {head or pk: "own" for pk, head in own.values_list("pk", "merged_into")}
    members = CaseMember.objects.filter(image__in=images, live=True)
    if not user.may_override:
        for image in members.exclude(case__escalated_at=None).values_list("image", flat=True):
            why.setdefault(image, "escalated")
    busy = members.filter(case__lease_until__gt=timezone.now()).exclude(case__lease_holder=user)
    for image in busy.exclude(case__lease_holder=None).values_list("image", flat=True):
        why.setdefault(image, "busy")
    return why


def parts(images: Sequence[int], batch: Group, keeper: Image | None) -> Iterator[list[int]]:
    """
    What is decided at once: all of them; of a merge a hundred, those farthest from the keeper first.

    So whatever is left is connected with the keeper still, and few questions have to be carried over to it.
    """
    if keeper is None:
        yield list(images)
        return
    steps = steps_from(keeper.pk, batch)
    farthest = sorted(set(images) - {keeper.pk}, key=lambda image: (-steps[image], image))
    for first in range(0, len(farthest), PART):
        yield farthest[first : first + PART]


# --- The work ---------------------------------------------------------------------------------------------------------


def decide_part(job: BulkJob, item: BulkItem) -> None:
    """
    Decide about the images of ``item`` that are still copies of the others, and that nobody else is at.

    Inside a transaction. What is left out becomes items of its own.

    :raises ReviewError: if a rule of moderation forbids it.
    """
    action = ACTIONS[job.action]
    if not job.actor.has_perm(action.permission):
        raise NotAllowed(bulk_rules.label_of("not_allowed"))
    submit = Submit(decision_id=item.pk, seen_version=item.case_version, reason=job.reason, note=job.note)
    if repeated := decisions.earlier(submit, job.actor):
        _decided(item, item.images, repeated.pairs_closed)
        return
    policy, staying = cases.one_at_a_time(), job.keeper
    keeping = [staying.pk] if staying else []
    together = _still_together(item.images, staying)
    rows = [image for image in locked([*together, *keeping]) if image.standing == Image.Standing.LIVE]
    live = [image.pk for image in rows]
    found = sorted_out(live, job.actor, action=job.action, keeper=staying)
    chosen = set(found.free)
    if len(chosen) < 2 or not chosen.issuperset(keeping):
        chosen = set()
    left = {code: [image for image in images if image in item.images] for code, images in found.left.items()}
    told = {image for images in left.values() for image in images}
    why = next((code for code, images in found.left.items() if staying and staying.pk in images), "changed")
    left[why] = left.get(why, []) + [image for image in item.images if image not in chosen | told]
    BulkItem.objects.bulk_create(left_out(job, item.case, left, number=item.number))
    if not chosen:
        BulkItem.objects.filter(pk=item.pk).delete()
        return
    home = _home(chosen) or item.case
    submit = replace(submit, seen_version=home.version, images=sorted(chosen), keeper=staying.pk if staying else None)
    scene = Scene(home, tuple(image for image in rows if image.pk in chosen), policy, job.actor)
    made = decisions.write(scene, Decision.Action(job.action), submit, action.effect)
    _decided(item, sorted(chosen - set(keeping)), made.pairs_closed)


def _still_together(images: Sequence[int], staying: Image | None) -> list[int]:
    """Those that nobody has decided about since: they are still connected with the keeper, or with each other."""
    around = cases.copies_around([staying.pk] if staying else images, more_than=1)
    return [image for image in images if around and image in around.images]


def _home(images: Collection[int]) -> Case | None:
    """The case that most of them are shown in; of those that wait for room in one there is none."""
    homes = Counter(CaseMember.objects.filter(image__in=images, live=True).values_list("case", flat=True))
    return Case.objects.get(pk=homes.most_common(1)[0][0]) if homes else None


def _decided(item: BulkItem, images: list[int], pairs_closed: int) -> None:
    waiting = BulkItem.objects.filter(pk=item.pk, state=BulkItem.State.WAITING)
    waiting.update(state=BulkItem.State.DECIDED, images=images, size=len(images), pairs_closed=pairs_closed)


def left_out(job: BulkJob, case: Case, left: dict[str, list[int]], *, number: int) -> list[BulkItem]:
    """What is left to people, as items of ``job``."""
    return [
        BulkItem(
            job=job,
            number=number,
            case=case,
            case_version=case.version,
            images=images,
            size=len(images),
            state=BulkItem.State.LEFT_OUT,
            code=code,
            sentence=bulk_rules.label_of(code),
        )
        for code, images in left.items()
        if images
    ]


def halve(item: BulkItem, job: BulkJob) -> bool:
    """
    After a refusal: make two items of one, each to be tried by itself, until the picture that it is about is alone.

    False where that makes no sense: a case, an approval, a single picture.
    """
    if job.action != MERGE or item.size < 2:
        return False
    middle, rest = item.size // 2, item.images[item.size // 2 :]
    with transaction.atomic():
        BulkItem.objects.filter(job=job, number__gt=item.number).update(number=F("number") + 1)
        BulkItem.objects.filter(pk=item.pk).update(images=item.images[:middle], size=middle)
        BulkItem.objects.create(
            job=job,
            number=item.number + 1,
            case=item.case,
            case_version=item.case_version,
            images=rest,
            size=len(rest),
        )
    return True
