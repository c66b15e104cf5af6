"""Whether two pictures bear different words, or only one of them bears any."""

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from gallery.verification import verify
from gallery.verification.evidence import Evidence, Transformation
from tests.verification_pictures import caption, crop, paint, picture


def evidence_of(first: Image.Image, second: Image.Image) -> Evidence:
    evidence = verify(picture(first), picture(second))
    assert evidence is not None
    return evidence


def found(first: Image.Image, second: Image.Image) -> Transformation:
    return evidence_of(first, second).transformation


Write = Callable[[Image.Image], Image.Image]


def caption_of(words: str, *, top: bool = False) -> Write:
    return lambda image: caption(image, words, top=top)


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
    assert (told.first.lettered, told.second.lettered) == (False, True)
    assert told.lettered_on_one


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


def sticker(image: Image.Image) -> Image.Image:
    """A yellow face with a brown rim."""
    stuck = image.copy()
    draw = ImageDraw.Draw(stuck)
    draw.ellipse((360, 240, 460, 340), fill=(255, 205, 60), outline=(120, 80, 0), width=5)
    for eye in (388, 420):
        draw.ellipse((eye, 270, eye + 12, 285), fill="black")
    return stuck


def watermark(image: Image.Image) -> Image.Image:
    """Half transparent words."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    font = ImageFont.load_default(size=34)
    ImageDraw.Draw(layer).text((300, 225), "© EXAMPLE", (255, 255, 255, 150), font=font, anchor="mm")
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


@pytest.mark.parametrize("write", [sticker, watermark, caption_of("NOT TODAY"), caption_of("NOT TODAY", top=True)])
def test_what_was_written_on_one_of_two_pictures_is_told_of_that_one(write: Write) -> None:
    template = paint(1, size=(600, 450))
    assert found(template, write(template)).lettered_on_one
    assert found(write(template), template).first.lettered
    assert not found(write(template), template).second.lettered


def red(image: Image.Image) -> Image.Image:
    """Words in thin red letters."""
    written = image.copy()
    ImageDraw.Draw(written).text((60, 300), "thin and red", (230, 30, 30), font=ImageFont.load_default(size=30))
    return written


def small(image: Image.Image) -> Image.Image:
    """A few small words between those of a caption."""
    written = image.copy()
    ImageDraw.Draw(written).text((300, 400), "a few small words", "white", font=ImageFont.load_default(size=16))
    return written


@pytest.mark.parametrize("write", [sticker, red, small, caption_of("NOT TODAY"), caption_of("NOT TODAY", top=True)])
def test_two_pictures_with_words_of_their_own_are_lettered_both_wherever_the_words_are(write: Write) -> None:
    template = dark(8)
    for told in (found(caption(template, "YES"), write(template)), found(write(template), caption(template, "YES"))):
        assert told.first.lettered
        assert told.second.lettered
        assert not told.lettered_on_one


def test_words_on_a_bar_that_was_added_are_words_of_that_picture() -> None:
    template = paint(9, size=(600, 450))
    bar = ImageOps.expand(template, (0, 90, 0, 0), fill="white")
    ImageDraw.Draw(bar).text((20, 20), "Words above it", "black", font=ImageFont.load_default(size=40))
    assert not found(bar, caption(template, "AND BELOW")).lettered_on_one
    assert not found(caption(template, "AND BELOW"), bar).lettered_on_one


def test_a_captioned_part_of_a_picture_is_lettered_on_one() -> None:
    template = paint(10, size=(600, 450))
    assert found(template, caption(crop(template, 0.7), "CROPPED")).lettered_on_one


def test_agreement_is_not_asked_for_where_only_one_picture_was_written_on() -> None:
    template = paint(11, size=(600, 450))
    assert evidence_of(template, caption(template, "ONE DOES NOT SIMPLY")).textured_share == 1
    both = evidence_of(caption(template, "BRACE YOURSELVES"), caption(template, "ONE DOES NOT SIMPLY"))
    assert both.textured_share < 1


@pytest.mark.parametrize("gain", [0.5, 1.5, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_burns_out_when_a_picture_is_made_brighter_is_no_lettering(seed: int, gain: float) -> None:
    template = paint(seed, size=(600, 450))
    told = found(template, template.point([min(255, round(level * gain)) for level in range(256)] * 3))
    assert told.changed_share < 0.001
    assert not told.first.lettered
    assert not told.second.lettered


def dated(image: Image.Image, day: str) -> Image.Image:
    """With a small date in the corner, as cameras print it."""
    written = image.copy()
    font = ImageFont.load_default(size=22)
    ImageDraw.Draw(written).text((590, 440), f"{day} MAY 2019", (255, 180, 60), font=font, anchor="rs")
    return written


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_small_digit_of_a_date_is_a_change(seed: int) -> None:
    template = dark(seed)
    told = found(dated(template, "14"), dated(template, "15"))
    assert told.changed_share > 0
    (place,) = told.first.changed
    assert place.left > 0.6
    assert place.top > 0.9


def dimmed_grey(image: Image.Image) -> Image.Image:
    """In black and white, as dark as a program makes it that takes levels for light."""
    return image.convert("L").point([round((level / 255) ** 2.2 * 255) for level in range(256)]).convert("RGB")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_vivid_picture_in_dimmed_grey_bears_no_lettering(seed: int) -> None:
    vivid = ImageEnhance.Color(paint(seed, size=(600, 450))).enhance(2.5)
    told = found(vivid, dimmed_grey(vivid))
    assert told.changed_share < 0.001
    assert not told.first.lettered
    assert not told.second.lettered


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_caption_is_seen_on_a_picture_in_dimmed_grey(seed: int) -> None:
    vivid = ImageEnhance.Color(paint(seed, size=(600, 450))).enhance(2.5)
    told = found(vivid, caption(dimmed_grey(vivid), "NOT TODAY"))
    assert told.changed_share > 0.005
    assert told.second.lettered
