"""How images are folded into a keeper and unfolded again. Who may, and when, is decided elsewhere."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from gallery import outbox
from gallery.models import Image, JournalEntry, Merge, Pair, Policy, User
from gallery.review import contents, keeper, keeping, merge_fields
from gallery.review.belongings import Belongings
from gallery.review.journal import Journal, Place, Reverted, revert
from gallery.review.transactions import locked

Standing = Image.Standing


@dataclass(slots=True)
class Unfolded:
    """
    What an undo of a merge gave back.

    ``restored`` are live again; ``lost`` stay absorbed, because the file that they would show was purged; ``images`` is
    everything that was touched.
    """

    reverted: Reverted
    restored: list[Image] = field(default_factory=list)
    lost: list[Image] = field(default_factory=list)
    images: set[int] = field(default_factory=set)


def absorbed(merge: Merge) -> list[int]:
    """The images that this merge holds at the moment."""
    return list(merge.members.filter(restored_at=None).values_list("image", flat=True))


def fold(merge: Merge, policy: Policy, *, leave: Collection[Place] = ()) -> set[int]:
    """
    Make the merge: every change through its journal. Returns the images that changed.

    The rows must be locked and the rules checked. ``leave`` are places that somebody changed since it was first made.
    """
    members = absorbed(merge)
    found = {image.pk: image for image in locked([merge.keeper_id, *members])}
    staying = found[merge.keeper_id]
    others = best_first(staying, [found[pk] for pk in members], policy)
    journal = Journal(merge, leave=leave)
    _merge_fields(journal, staying, others, policy, merge)
    if staying.file_id != merge.file_id and (holder := _holder(merge.file_id, others)):
        journal.swap_files(staying, holder)
    for image in others:
        journal.set(image, standing=Standing.MERGED, merged_into_id=staying.pk)
        keeping.keep_absorbed(journal, image)
    flattened = list(Image.objects.filter(merged_into__in=members).order_by("pk"))
    for image in flattened:
        journal.set(image, merged_into_id=staying.pk)
    _carry_questions(journal, staying, set(members))
    touched = {staying.pk, *members, *(image.pk for image in flattened)}
    _count(touched)
    return touched


def best_first(
    staying: Image,
    others: Sequence[Image],
    policy: Policy,
    *,
    pairs: Sequence[Pair] | None = None,
    belongings: Belongings | None = None,
) -> list[Image]:
    """
    The others as they would be kept: a title comes from the first of them that has one.

    ``pairs`` among the images, or among more, and their ``belongings`` are looked up where they are not given.
    """
    images = [staying, *others]
    ids = {image.pk for image in images}
    among = (
        Pair.objects.among(list(ids))
        if pairs is None
        else [pair for pair in pairs if {pair.left_id, pair.right_id} <= ids]
    )
    return keeper.suggest(images, among, policy, belongings).best_first(others)


def _merge_fields(journal: Journal, staying: Image, others: Sequence[Image], policy: Policy, merge: Merge) -> None:
    planned = merge_fields.plan(staying, others, policy, merge.choices)
    for change in planned:
        if change.changes and change.field in merge_fields.RELATIONS:
            journal.add(staying, change.field, change.added)
    scalars = {
        change.field: change.value
        for change in planned
        if change.changes and change.field not in merge_fields.RELATIONS
    }
    journal.set(staying, **scalars)


def _holder(file: int, images: Sequence[Image]) -> Image | None:
    return next((image for image in images if image.file_id == file), None)


def _carry_questions(journal: Journal, staying: Image, members: set[int]) -> None:
    """An open question between an absorbed image and one outside becomes one about the keeper."""
    waiting = Pair.objects.touching(list(members)).filter(state__in=contents.WAITING)
    group = {staying.pk, *members}
    outside = {end for pair in waiting for end in (pair.left_id, pair.right_id)} - group
    live = Image.objects.live().filter(pk__in=outside).order_by("pk").values_list("pk", flat=True)
    known = {pair.other(staying.pk) for pair in Pair.objects.touching([staying.pk])}
    made = _made_pairs(staying.pk, [image for image in live if image not in known])
    journal.created(made)
    outbox.send_many("verify", keys={pair.right_id for pair in made})


def _made_pairs(one: int, others: Sequence[int]) -> list[Pair]:
    """Those pairs of ``one`` with each of ``others`` that were not there. A search may write one at this moment."""
    fresh = [Pair(left_id=min(one, other), right_id=max(one, other)) for other in others]
    try:
        with transaction.atomic():
            return Pair.objects.bulk_create(fresh)
    except IntegrityError:
        tried = [Pair.objects.get_or_create(left_id=pair.left_id, right_id=pair.right_id) for pair in fresh]
        return [pair for pair, created in tried if created]


def _count(images: Collection[int]) -> None:
    """A form that was opened before must not overwrite what changed: the version only ever goes up."""
    Image.objects.filter(pk__in=images).update(version=F("version") + 1)


def unfold(merge: Merge, policy: Policy, *, by: User, at: dt.datetime, force: Collection[int] = ()) -> Unfolded:
    """
    Take the merge back as if it had never been made, whatever was merged on top of it since.

    Later merges that touch its images are unfolded first, newest first, and folded again afterwards: so each finds the
    values that it would have found without this one. What somebody changed since stays as it is.
    """
    later = later_merges(merge)
    everything = {merge.keeper_id, *absorbed(merge)}
    for other in later:
        everything |= {other.keeper_id, *absorbed(other)}
    locked(contents.with_families(everything))
    undone = [(other, revert(other)) for other in reversed(later)]
    result = Unfolded(revert(merge, force=force))
    _part(merge, result, at)
    everything |= result.reverted.rows
    if result.lost:
        everything |= fold(merge, policy, leave=result.reverted.places)
    else:
        Merge.objects.filter(pk=merge.pk).update(undone_at=at, undone_by=by)
    for other, reverted in reversed(undone):
        everything |= reverted.rows | fold(other, policy, leave=reverted.places)
    keeping.follow_standing(everything)
    _count(everything)
    result.images = everything
    return result


def _part(merge: Merge, result: Unfolded, at: dt.datetime) -> None:
    """Tell those that can be given back from those whose picture is gone."""
    images = locked([merge.keeper_id, *absorbed(merge)])
    staying = next(image for image in images if image.pk == merge.keeper_id)
    for image in images:
        if image is staying:
            continue
        is_only_picture = bool(staying.file and staying.file.purged_at) and image.file_id == merge.file_id
        gone = image.file is None or image.file.purged_at is not None or is_only_picture
        (result.lost if gone else result.restored).append(image)
    merge.members.filter(image__in=[image.pk for image in result.restored]).update(restored_at=at)


def later_merges(merge: Merge) -> list[Merge]:
    """
    The standing merges that were made after this one and share an image with it, directly or in turn, oldest first.

    When a merge was made (last) is told by the newest entry of its journal on an image: their numbers only go up. On
    files there may be later ones, of holds that were lifted.
    """
    group = {merge.keeper_id, *absorbed(merge)}
    made: dict[int, int] = {}
    found: dict[int, Merge] = {}
    first = _made([merge.pk]).get(merge.pk, 0)
    while True:
        members = Q(members__image__in=group, members__restored_at=None)
        touching = Merge.objects.standing().filter(Q(keeper__in=group) | members).distinct()
        made |= _made(touching.values("pk"))
        fresh = [other for other in touching if other.pk not in found and made.get(other.pk, 0) > first]
        if not fresh:
            return sorted(found.values(), key=lambda other: made[other.pk])
        for other in fresh:
            found[other.pk] = other
            group |= {other.keeper_id, *absorbed(other)}


def _made(merges: Any) -> dict[int, int]:
    entries = JournalEntry.objects.filter(merge__in=merges, model="image").order_by()
    return dict(entries.values_list("merge").annotate(newest=Max("id")))
