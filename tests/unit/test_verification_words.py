"""The sentence that tells a moderator what was done."""

from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance, ImageOps

from gallery.verification import verify
from gallery.verification.words import describe_signals, sentence
from tests.verification_pictures import caption, crop, on_a_page, paint, picture

Edit = Callable[[Image.Image], Image.Image]

TOLD: list[tuple[str, Edit, str]] = [
    ("re-saved", lambda image: image, "B is A re-saved; nothing visible differs."),
    ("halved", lambda image: image.resize((300, 225)), "B is A at half the size."),
    ("reduced", lambda image: image.resize((180, 135)), "B is A at 30 % of the size."),
    ("cropped", lambda image: crop(image, 0.59), "B is A cropped to 59 %."),
    ("mirrored", ImageOps.mirror, "B is A mirrored."),
    ("flipped", ImageOps.flip, "B is A mirrored top to bottom."),
    ("quarter", lambda image: image.rotate(-90, expand=True), "B is A turned a quarter to the right."),
    ("half", lambda image: image.rotate(180), "B is A turned upside down."),
    (
        "slanted",
        lambda image: image.rotate(-8, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),
        "B is A turned by 8° to the right.",
    ),
    ("grey", ImageOps.grayscale, "B is A in black and white."),
    ("darker", lambda image: ImageEnhance.Brightness(image).enhance(0.65), "B is A darker."),
    ("faded", lambda image: ImageEnhance.Color(image).enhance(0.5), "B is A paler."),
    ("wider", lambda image: image.resize((780, 450)), "B is A stretched 30 % wider."),
    ("captioned", lambda image: caption(image, "A CAPTION HERE"), "B is A with something added at the bottom."),
    ("bordered", lambda image: ImageOps.expand(image, 40, "black"), "B is A with a plain border."),
    (
        "several",
        lambda image: ImageEnhance.Color(caption(ImageOps.mirror(crop(image, 0.6)), "SEVERAL THINGS")).enhance(0.5),
        "B is A mirrored, cropped to 60 %, paler, with something added at the bottom.",
    ),
]


@pytest.mark.parametrize(("edit", "expected"), [told[1:] for told in TOLD], ids=[told[0] for told in TOLD])
def test_an_edit_is_told_in_plain_words(edit: Edit, expected: str) -> None:
    original = paint(1, size=(600, 450))
    assert _tell(original, edit(original)) == expected


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda image: image, "B is A in inverted colours."),
        (ImageOps.mirror, "B is A mirrored, in inverted colours."),
        (lambda image: crop(image, 0.59), "B is A cropped to 59 %, in inverted colours."),
        (lambda image: ImageEnhance.Brightness(image).enhance(0.65), "B is A in inverted colours."),
        (ImageOps.grayscale, "B is A in black and white, in inverted colours."),
        (
            lambda image: caption(image, "A CAPTION HERE"),
            "B is A in inverted colours, with something added at the bottom.",
        ),
    ],
)
def test_a_negative_is_told_instead_of_how_bright_it_is(edit: Edit, expected: str) -> None:
    original = paint(1, size=(600, 450))
    negative = ImageOps.invert(edit(original))
    assert _tell(original, negative, negative=True) == expected


def test_a_negative_that_came_first_is_told_in_the_same_words() -> None:
    original = paint(1, size=(600, 450))
    negative = ImageOps.invert(crop(original, 0.59))
    assert _tell(negative, original, negative=True) == "A is B cropped to 59 %, in inverted colours."


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda image: crop(image, 0.59), "A is B cropped to 59 %."),
        (lambda image: image.resize((300, 225)), "A is B at half the size."),
        (ImageOps.grayscale, "A is B in black and white."),
        (lambda image: caption(image, "A CAPTION HERE"), "A is B with something added at the bottom."),
        (lambda image: ImageOps.expand(image, 40, "black"), "A is B with a plain border."),
    ],
)
def test_the_copy_is_the_subject_also_when_it_is_the_first(edit: Edit, expected: str) -> None:
    original = paint(1, size=(600, 450))
    assert _tell(edit(original), original) == expected


def test_a_page_shows_the_picture() -> None:
    original = paint(2, size=(600, 450))
    page = on_a_page(original)
    share = round(100 * original.width * original.height / (page.width * page.height))
    assert _tell(original, page) == f"B shows A inside a larger picture, filling {share} % of it."
    assert _tell(page, original) == f"A shows B inside a larger picture, filling {share} % of it."


def test_two_crops_overlap() -> None:
    original = paint(3, size=(600, 450))
    told = _tell(original.crop((0, 0, 400, 450)), original.crop((200, 0, 600, 450)))
    assert told == "A and B overlap in 50 % of A and 50 % of B."


def test_the_place_of_a_change_is_named_where_the_two_have_it_elsewhere() -> None:
    original = paint(4, size=(600, 450))
    marked = original.copy()
    marked.paste((250, 250, 60), (20, 340, 120, 430))
    assert _tell(original, ImageOps.mirror(marked)) == "B is A mirrored, with something added at the lower left of A."


def test_what_the_larger_picture_bears_is_told_of_the_smaller_one() -> None:
    template = paint(1, size=(600, 450))
    told = _tell(caption(template, "A CAPTION HERE"), template.resize((300, 225)))
    assert told == "B is A at half the size, without what was added at the bottom."


def test_two_uses_of_a_template_have_other_captions() -> None:
    template = paint(5, size=(600, 450))
    told = _tell(caption(template, "ONE DOES NOT SIMPLY"), caption(template, "BRACE YOURSELVES"))
    assert told in {
        "A and B are the same picture, with another caption at the bottom.",
        "B is A with a change at the bottom.",
        "A is B with a change at the bottom.",
    }


def test_pictures_can_be_called_by_other_names() -> None:
    original = picture(paint(6))
    evidence = verify(original, original)
    assert evidence is not None
    assert sentence(evidence.transformation, first="Left", second="Right").startswith("Right is Left re-saved")


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({"same_bytes": True, "same_pixels": True}, "The files are identical."),
        ({"same_pixels": True}, "The pixels are identical; only the file differs."),
        ({"similarity": 0.812}, "They look alike (similarity 0.81), but no common geometry was found."),
        (
            {"pdq_distance": 12, "similarity": 0.9},
            "They look nearly the same (12 of 256 bits differ), but no common geometry was found.",
        ),
        ({}, "No common geometry was found."),
    ],
)
def test_pairs_without_geometry_have_their_sentence(signals: dict[str, object], expected: str) -> None:
    assert describe_signals(**signals) == expected  # type: ignore[arg-type]  # the keys differ from row to row


def _tell(first: Image.Image, second: Image.Image, *, negative: bool = False) -> str:
    evidence = verify(picture(first), picture(second), negative=negative)
    assert evidence is not None
    return sentence(evidence.transformation)
