"""The histogram of the tuning page."""

import pytest

from gallery.admin.histogram import HEIGHT, TOP, WIDTH, bars, mark
from gallery.detection.weighing import BINS, Bin


def test_the_highest_bar_takes_the_room_and_others_their_root() -> None:
    bins = [Bin() for _step in range(BINS)]
    bins[0] = Bin(undecided=400)
    bins[1] = Bin(copies=50, different=50)
    drawn = bars(bins)
    heights = [sum(part.height for part in bar.parts) for bar in drawn]
    assert heights[0] == pytest.approx(HEIGHT - TOP)
    assert heights[1] == pytest.approx((HEIGHT - TOP) / 2, abs=0.1)
    assert [part.kind for part in drawn[1].parts] == ["copies", "different"]
    assert "50 copies, 50 different" in drawn[1].words
    assert heights[2:] == [0] * (BINS - 2)


def test_an_empty_library_draws_nothing() -> None:
    assert all(not bar.parts for bar in bars([Bin() for _step in range(BINS)]))


def test_marks_stand_on_the_axis_and_their_words_stay_inside() -> None:
    assert mark(0.30, "0.30").x == 0
    assert mark(0.65, "0.65").x == WIDTH / 2
    right = mark(1.0, "1.00")
    assert (right.x, right.before) == (WIDTH, True)
