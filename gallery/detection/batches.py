"""
Batches: sure copies of one picture, more of them than one case holds.

Their cases are folded into one, which stands for all of them in the queue and can be answered as a whole.
"""

from collections.abc import Collection, Mapping, Sequence

from gallery.detection.groups import Group
from gallery.models import Case, CaseMember


def fold(found: Sequence[Group], affected: Mapping[int, Case]) -> None:
    """
    Let one case of each batch stand for the others: the one with the oldest image.

    :param affected: cases by id as they were read; those that are in none of ``found`` stand for themselves again.
    """
    if not found and not any(case.batch_id or case.batch_size for case in affected.values()):
        return
    wanted: dict[int, tuple[int | None, int]] = {}
    homes = _homes({image for batch in found for image in batch.images})
    for batch in found:
        # A likely pair may have brought images of two batches into one case: it goes with the first.
        members = dict.fromkeys(homes[image] for image in sorted(batch.images) if image in homes)
        fresh = [case for case in members if case not in wanted]
        wanted.update(dict.fromkeys(fresh, (next(iter(fresh), None), 0)))
        wanted.update(dict.fromkeys(fresh[:1], (None, len(batch.images))))
    for case in affected:
        wanted.setdefault(case, (None, 0))
    for pk, leader, size in Case.objects.filter(pk__in=wanted).values_list("pk", "batch", "batch_size"):
        if (leader, size) != wanted[pk]:
            Case.objects.filter(pk=pk).update(batch=wanted[pk][0], batch_size=wanted[pk][1])


def _homes(images: Collection[int]) -> dict[int, int]:
    """The case that each image is live in."""
    return dict(CaseMember.objects.filter(image__in=images, live=True).values_list("image", "case"))


def steps_from(image: int, batch: Group) -> dict[int, int]:
    """How many pairs lie between ``image`` and each image of its batch, by the shortest way; the nearest first."""
    beside: dict[int, list[int]] = {one: [] for one in batch.images}
    for pair in batch.pairs:
        beside[pair.left_id].append(pair.right_id)
        beside[pair.right_id].append(pair.left_id)
    steps, frontier = {image: 0}, [image]
    while frontier:
        reached = sorted({other for one in frontier for other in beside[one]} - steps.keys())
        steps.update(dict.fromkeys(reached, steps[frontier[0]] + 1))
        frontier = reached
    return steps
