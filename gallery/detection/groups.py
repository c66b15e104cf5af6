"""Which open pairs belong on one page: connected groups, cut where they are weakest and where somebody split them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gallery.models import Pair

Sides = Mapping[int, int]
"""A split: the side, 0 or 1, of each image that it placed."""


@dataclass(slots=True)
class Group:
    """Images that belong on one page, and the open pairs between them."""

    images: set[int]
    pairs: list[Pair] = field(default_factory=list)


def surest_first(pairs: Iterable[Pair]) -> list[Pair]:
    """The order in which pairs join groups."""
    return sorted(pairs, key=lambda found: (-found.tier, -found.score, found.pk))


def split(pairs: Iterable[Pair], *, cap: int, splits: Sequence[Sides] = ()) -> list[Group]:
    """
    Connected groups of at most ``cap`` images, cut at their weakest bridges, and never across one of ``splits``.

    Kruskal's algorithm on the surest pairs first. A pair that would make a group too large, or bring the two sides of a
    split together, is a bridge between two cases and waits: the first until one of them is decided, the second until
    both of its images have no other question. Then the oldest split that still held it apart gives way.

    :param splits: oldest first.
    """
    ordered, held = surest_first(pairs), list(splits)
    while True:
        groups = _joined(ordered, cap=cap, splits=held)
        at_home = {image for group in groups for image in group.images}
        lone = [pair for pair in ordered if pair.left_id not in at_home and pair.right_id not in at_home]
        oldest = next((sides for sides in held if any(_is_across(sides, pair) for pair in lone)), None)
        if oldest is None:
            return groups
        held.remove(oldest)


def _is_across(sides: Sides, pair: Pair) -> bool:
    return {sides.get(pair.left_id), sides.get(pair.right_id)} == {0, 1}


def _joined(ordered: Sequence[Pair], *, cap: int, splits: Sequence[Sides]) -> list[Group]:
    home: dict[int, Group] = {}
    for pair in ordered:
        one = home.setdefault(pair.left_id, Group({pair.left_id}))
        other = home.setdefault(pair.right_id, Group({pair.right_id}))
        if one is not other:
            if len(one.images) + len(other.images) > cap:
                continue
            if any(_has_both(sides, one.images | other.images) for sides in splits):
                continue
            if len(one.images) < len(other.images):  # the smaller moves: thousands of copies join one by one
                one, other = other, one
            one.images |= other.images
            one.pairs += other.pairs
            home.update(dict.fromkeys(other.images, one))
        one.pairs.append(pair)
    groups = {id(group): group for group in home.values() if len(group.images) > 1}
    return sorted(groups.values(), key=lambda group: min(group.images))


def batches(pairs: Iterable[Pair], *, cap: int, splits: Sequence[Sides] = ()) -> list[Group]:
    """
    The groups of sure copies of one picture that are too large for one case of ``cap`` images.

    Never across one of ``splits``. Pairs that are not sure make none: what they connect may be another picture.
    """
    sure = [pair for pair in surest_first(pairs) if pair.tier >= Pair.Tier.CERTAIN]
    if len(sure) < cap:  # a tree of more images than that has as many branches
        return []
    return [group for group in _joined(sure, cap=len(sure) + 1, splits=splits) if len(group.images) > cap]


def _has_both(sides: Sides, images: set[int]) -> bool:
    return len({sides[image] for image in images & sides.keys()}) > 1


def weakest(pairs: Iterable[Pair]) -> Pair | None:
    """
    The bridge at which a connected group falls apart first: no pair between its two sides is surer.

    The last pair that joins two groups in the order of :func:`split`. None if there is no pair.
    """
    home: dict[int, int] = {}
    last = None
    for pair in surest_first(pairs):
        one, other = home.setdefault(pair.left_id, pair.left_id), home.setdefault(pair.right_id, pair.right_id)
        if one != other:
            last = pair
            home = {image: one if at == other else at for image, at in home.items()}
    return last


def parted(pairs: Iterable[Pair], *, at: Pair) -> tuple[set[int], set[int]]:
    """
    The two sides of a connected group that is cut so that the ends of ``at`` come apart, the side of its left end
    first. Every other image goes with the end that it is most surely connected to.
    """
    sides = {at.left_id: 0, at.right_id: 1}
    images = {image for pair in pairs for image in (pair.left_id, pair.right_id)}
    groups = _joined(surest_first(pairs), cap=len(images) or 1, splits=[sides])
    left = next((group.images for group in groups if at.left_id in group.images), {at.left_id})
    right = next((group.images for group in groups if at.right_id in group.images), {at.right_id})
    return set(left), set(right)
