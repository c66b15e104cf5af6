"""One thing on a plain ground, or many small ones."""

import numpy as np
import pytest

from gallery.pictures import Picture, checked
from gallery.verification.ground import ground_of
from tests import pictures


def on_paper(picture: Picture, *, shade: bool = False) -> Picture:
    """A small picture in the middle of a white sheet, lit from one side if ``shade``."""
    sheet = np.full((picture.shape[0] * 3, picture.shape[1] * 3, 3), 250, np.uint8)
    if shade:
        sheet = (sheet * np.linspace(0.9, 1, sheet.shape[1])[None, :, None]).astype(np.uint8)
    height, width = picture.shape[:2]
    sheet[height : 2 * height, width : 2 * width] = picture
    return checked(sheet)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_page_of_words_consists_of_many_small_things(seed: int) -> None:
    ground = ground_of(pictures.page(seed))
    assert not ground.is_of_one_thing
    assert ground.largest < 0.25


def test_paper_that_is_lit_unevenly_is_one_ground() -> None:
    page = pictures.page(1).astype(np.float32)
    page *= np.linspace(0.88, 1, page.shape[1])[None, :, None]
    assert ground_of(checked(page.astype(np.uint8))).share > 0.7


@pytest.mark.parametrize("shade", [False, True])
def test_a_thing_on_a_plain_ground_is_one_thing(shade: bool) -> None:
    ground = ground_of(on_paper(pictures.photograph(1, width=200, height=150), shade=shade))
    assert ground.is_of_one_thing
    assert not ground.is_page
    assert ground.share == pytest.approx(8 / 9, abs=0.06)


def test_nothing_but_ground_shows_one_thing() -> None:
    ground = ground_of(pictures.plain(width=3, height=2))
    assert (ground.share, ground.largest) == (1.0, 1.0)
