"""Whether two pictures bear different words, or only one of them bears any."""

import pytest
from PIL import Image

from gallery.verification import verify
from gallery.verification.evidence import Transformation
from tests.verification_pictures import caption, paint, picture


def found(first: Image.Image, second: Image.Image) -> Transformation:
    evidence = verify(picture(first), picture(second))
    assert evidence is not None
    return evidence.transformation


def dark(seed: int) -> Image.Image:
    return paint(seed, size=(600, 450)).point([level // 6 for level in range(256)] * 3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_captions_on_one_picture_are_other_words(seed: int) -> None:
    template = paint(seed, size=(600, 450))
    told = found(caption(template, "ONE DOES NOT SIMPLY"), caption(template, "BRACE YOURSELVES"))
    assert told.reworded


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_digit_that_differs_is_another_word(seed: int) -> None:
    template = paint(seed, size=(600, 450))
    assert found(caption(template, "TAKEN IN 2019"), caption(template, "TAKEN IN 2024")).reworded


@pytest.mark.parametrize("make", [lambda seed: paint(seed, size=(600, 450)), dark])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_caption_on_one_of_two_pictures_is_no_other_words(make: object, seed: int) -> None:
    assert callable(make)
    template = make(seed)
    told = found(template, caption(template, "ONE DOES NOT SIMPLY"))
    assert told.changed_share > 0.001
    assert not told.reworded


def test_nothing_differs_between_a_picture_and_itself() -> None:
    assert not found(paint(4), paint(4)).reworded


def test_words_are_found_different_whichever_picture_is_the_first() -> None:
    template = paint(5, size=(600, 450))
    one, other = (
        caption(template, "BEFORE"),
        caption(template.rotate(90, expand=True).rotate(-90, expand=True), "AFTER"),
    )
    assert found(one, other).reworded
    assert found(other, one).reworded


def test_between_black_and_white_and_colours_nothing_counts_as_other_words() -> None:
    template = paint(6, size=(600, 450))
    grey = caption(template, "BRACE YOURSELVES").convert("L").convert("RGB")
    assert not found(caption(template, "ONE DOES NOT SIMPLY"), grey).reworded
