"""How open pairs become groups for one page each."""

from hypothesis import given
from hypothesis import strategies as st

from gallery.detection.cases import split
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
