"""How open pairs become groups for one page each."""

from hypothesis import given
from hypothesis import strategies as st

from gallery.detection.groups import Group, parted, split, weakest
from gallery.models import Pair


def pair(number: int, left: int, right: int, *, tier: int = 3, score: float = 0.8) -> Pair:
    return Pair(pk=number, left_id=left, right_id=right, tier=tier, score=score)


def test_a_chain_of_pairs_is_one_group() -> None:
    (group,) = split([pair(1, 1, 2), pair(2, 2, 3), pair(3, 3, 4)], cap=30)
    assert group.images == {1, 2, 3, 4}
    assert len(group.pairs) == 3


def test_unconnected_pairs_are_groups_of_their_own() -> None:
    groups = split([pair(1, 1, 2), pair(2, 3, 4)], cap=30)
    assert [group.images for group in groups] == [{1, 2}, {3, 4}]


def test_a_group_above_the_cap_is_cut_at_its_weakest_bridge() -> None:
    sure = [pair(1, 1, 2, score=0.9), pair(2, 1, 3, score=0.9), pair(3, 4, 5, score=0.9), pair(4, 4, 6, score=0.9)]
    bridge = pair(5, 3, 4, tier=2, score=0.5)
    groups = split([bridge, *sure], cap=4)
    assert [group.images for group in groups] == [{1, 2, 3}, {4, 5, 6}]
    assert bridge not in [found for group in groups for found in group.pairs]


def test_a_tier_counts_before_a_score() -> None:
    groups = split([pair(1, 1, 2, tier=2, score=0.99), pair(2, 2, 3, tier=4, score=0.1)], cap=2)
    assert [group.images for group in groups] == [{2, 3}]


PAIRS = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 40)).filter(lambda ends: ends[0] < ends[1]), unique=True, max_size=80
)


@given(PAIRS, st.integers(2, 12))
def test_no_group_is_above_the_cap_and_no_image_in_two(ends: list[tuple[int, int]], cap: int) -> None:
    groups = split([pair(number, *both) for number, both in enumerate(ends)], cap=cap)
    images = [image for group in groups for image in group.images]
    assert len(images) == len(set(images))
    assert all(2 <= len(group.images) <= cap for group in groups)
    assert all({found.left_id, found.right_id} <= group.images for group in groups for found in group.pairs)


def images_of(groups: list[Group]) -> list[set[int]]:
    return [group.images for group in groups]


CHAIN = [pair(1, 1, 2), pair(2, 2, 3, score=0.6), pair(3, 3, 4)]
APART = {1: 0, 2: 0, 3: 1, 4: 1}


def test_a_split_keeps_its_sides_apart_whatever_joins_them() -> None:
    assert images_of(split(CHAIN, cap=30, splits=[APART])) == [{1, 2}, {3, 4}]
    newcomer = [pair(4, 2, 9, score=0.9), pair(5, 3, 9, score=0.7)]
    assert images_of(split([*CHAIN, *newcomer], cap=30, splits=[APART])) == [{1, 2, 9}, {3, 4}]


def test_what_lies_between_waits_until_both_ends_have_no_other_question() -> None:
    assert images_of(split(CHAIN[:2], cap=30, splits=[APART])) == [{1, 2}]
    assert images_of(split(CHAIN[1:2], cap=30, splits=[APART])) == [{2, 3}]


def test_of_two_splits_the_older_gives_way_first() -> None:
    between = [pair(1, 1, 3, score=0.9), pair(2, 2, 3), pair(3, 1, 4)]
    assert images_of(split(between, cap=30, splits=[APART])) == [{1, 2, 3, 4}]
    newer = {1: 0, 3: 0, 2: 1, 4: 1}
    assert images_of(split(between, cap=30, splits=[APART, newer])) == [{1, 3}]


def test_the_weakest_bridge_is_the_least_sure_pair_that_holds_a_group_together() -> None:
    shortcut = pair(4, 1, 3, score=0.1)
    assert weakest([*CHAIN, shortcut]) == CHAIN[1]
    assert weakest([]) is None


def test_a_cut_puts_every_image_with_the_end_it_is_most_surely_like() -> None:
    ring = [pair(1, 1, 2, score=0.9), pair(2, 2, 3, score=0.5), pair(3, 3, 4, score=0.8), pair(4, 1, 4, score=0.6)]
    assert parted(ring, at=ring[1]) == ({1, 2}, {3, 4})
    assert parted(ring, at=ring[3]) == ({1, 2}, {3, 4})
    assert parted(ring, at=ring[0]) == ({1, 3, 4}, {2})


@given(PAIRS, st.integers(0, 79))
def test_a_cut_leaves_no_image_out(ends: list[tuple[int, int]], which: int) -> None:
    groups = split([pair(number, *both) for number, both in enumerate(ends)], cap=40)
    for group in groups:
        at = group.pairs[which % len(group.pairs)]
        left, right = parted(group.pairs, at=at)
        assert left | right == group.images
        assert not left & right
        assert (at.left_id in left, at.right_id in right) == (True, True)
        again = split(group.pairs, cap=40, splits=[dict.fromkeys(left, 0) | dict.fromkeys(right, 1)])
        assert not any(found.images & left and found.images & right for found in again) or len(group.images) == 2
