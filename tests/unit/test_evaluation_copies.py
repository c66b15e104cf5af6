"""The edits that the self-test makes."""

import io

import pytest
from PIL import Image

from gallery.evaluation.copies import NAMES, copy_of
from tests import pictures


def opened(name: str) -> Image.Image:
    return Image.open(io.BytesIO(copy_of(pictures.photograph(1, width=320, height=240), name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_edit_makes_the_same_jpeg_each_time(name: str) -> None:
    picture = pictures.photograph(1, width=320, height=240)
    assert copy_of(picture, name) == copy_of(picture, name)
    assert opened(name).format == "JPEG"


@pytest.mark.parametrize("name", NAMES)
def test_every_edit_works_on_a_picture_of_a_few_pixels(name: str) -> None:
    assert copy_of(pictures.plain(width=3, height=2), name)


def test_half_of_the_area_is_left_of_a_crop() -> None:
    cropped = opened("crop_50")
    assert cropped.width * cropped.height == pytest.approx(320 * 240 / 2, rel=0.02)


def test_an_edit_that_nobody_knows_is_told() -> None:
    with pytest.raises(KeyError):
        copy_of(pictures.plain(), "upside_down")
