"""Precision and recall of a policy on what people decided, with their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.detection.replay import Replay, Share


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    # Newcombe (1998), table I: 81 of 263.
    assert Share(part=81, whole=263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_nothing_counted_says_nothing() -> None:
    share = Share(part=0, whole=0)
    assert share.value is None
    assert share.interval == (0.0, 1.0)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_stays_a_share(part: int, more: int) -> None:
    share = Share(part=part, whole=part + more)
    low, high = share.interval
    assert share.value is not None
    assert 0.0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1.0


def test_recall_counts_copies_and_precision_counts_flags() -> None:
    replay = Replay()
    for copy, flagged in [(True, True), (True, True), (True, False), (False, True), (False, False)]:
        replay.add(copy=copy, flagged=flagged)
    assert (replay.recall.part, replay.recall.whole) == (2, 3)
    assert (replay.precision.part, replay.precision.whole) == (2, 3)
