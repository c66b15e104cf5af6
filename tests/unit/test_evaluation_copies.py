"""The edits that the self-test makes."""

import io

import numpy as np
import pytest
from PIL import Image

from gallery.evaluation.copies import ALL, NAMES, SAVINGS, copy_of
from gallery.pictures import checked
from tests import pictures


def opened(name: str) -> Image.Image:
    return Image.open(io.BytesIO(copy_of(pictures.photograph(1, width=320, height=240), name)))


def test_there_are_46_edits_and_the_self_test_makes_some_of_them() -> None:
    assert len(set(ALL)) == 46
    assert set(NAMES) < set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_edit_makes_the_same_file_each_time(name: str) -> None:
    picture = pictures.photograph(1, width=160, height=120)
    assert copy_of(picture, name) == copy_of(picture, name)
    assert opened(name).format == SAVINGS.get(name, {"format": "JPEG"})["format"]


@pytest.mark.parametrize("name", ALL)
def test_every_edit_works_on_a_picture_of_a_few_pixels(name: str) -> None:
    assert copy_of(pictures.plain(width=3, height=2), name)


def test_turns_are_to_the_side_that_their_names_say() -> None:
    dark_left = checked(np.repeat(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], 40, 0).repeat(3, 2))
    right, left = (
        np.asarray(Image.open(io.BytesIO(copy_of(dark_left, name)))) for name in ("quarter_right", "quarter_left")
    )
    assert right[0].mean() < 30 < 220 < right[-1].mean()
    assert left[0].mean() > 220 > 30 > left[-1].mean()


def test_half_of_the_area_is_left_of_a_crop() -> None:
    cropped = opened("crop_50")
    assert cropped.width * cropped.height == pytest.approx(320 * 240 / 2, rel=0.02)


def test_an_edit_that_nobody_knows_is_told() -> None:
    with pytest.raises(KeyError):
        copy_of(pictures.plain(), "folded")
