"""The aligned difference lights up what was changed, and nothing that was only moved or lit otherwise."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from gallery.pictures import Picture
from gallery.verification import verify
from gallery.verification.alignment import RED, align, difference
from gallery.verification.negatives import invert
from tests.verification_pictures import caption, crop, paint, picture


def _reddened(canvas: Picture) -> NDArray[np.bool_]:
    colours = canvas.astype(np.int32)
    lit = (colours[..., 0] > 0.5 * RED[0]) & (colours[..., 0] - colours[..., 1:].max(axis=2) > 60)
    return np.asarray(lit, np.bool_)


@pytest.mark.parametrize("angle", [0, 7, 90])
def test_only_the_caption_of_an_edited_copy_lights_up(angle: int) -> None:
    original = paint(1, size=(600, 450))
    plain, captioned = (
        ImageEnhance.Brightness(ImageOps.mirror(image))
        .enhance(1.15)
        .rotate(angle, Image.Resampling.BICUBIC, expand=True)
        for image in (crop(original, 0.6), caption(crop(original, 0.6), "ONLY THIS"))
    )
    first, second = picture(original), picture(captioned)
    evidence = verify(first, second)
    assert evidence is not None
    lit = _reddened(difference(first, second, evidence.transformation))
    letters = align(first, picture(captioned), evidence.transformation).picture.astype(np.int32)
    background = align(first, picture(plain), evidence.transformation).picture
    written = np.abs(letters - background).max(axis=2) > 60
    assert written.sum() > 1000
    near = np.array(Image.fromarray(written).convert("L").resize((60, 45), Image.Resampling.BOX)) > 0
    for _ in range(2):  # two cells of ten pixels around the letters
        padded = np.pad(near, 1)
        near = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:] | near
    allowed = np.kron(near, np.ones((10, 10), np.bool_))
    assert lit[written].mean() > 0.6
    assert lit[~allowed].mean() < 0.001


def test_an_aligned_copy_shows_the_first_picture() -> None:
    original = paint(2)
    first, second = picture(original), picture(ImageOps.mirror(crop(original, 0.5)).rotate(90, expand=True))
    evidence = verify(first, second)
    assert evidence is not None
    aligned = align(first, second, evidence.transformation)
    assert aligned.picture.shape == first.shape
    assert aligned.shown.mean() == pytest.approx(0.5, abs=0.03)
    off = np.abs(aligned.picture.astype(np.int32) - first)[aligned.shown]
    assert off.mean() < 8
    assert not aligned.picture[~aligned.shown].any()
    assert aligned.rgba().shape == (*first.shape[:2], 4)


def test_the_first_can_be_laid_onto_the_second() -> None:
    original = paint(3)
    first, second = picture(original), picture(crop(original, 0.5))
    evidence = verify(first, second)
    assert evidence is not None
    aligned = align(first, second, evidence.transformation, side="first")
    assert aligned.picture.shape == second.shape
    assert aligned.shown.mean() > 0.95
    assert np.abs(aligned.picture.astype(np.int32) - second)[aligned.shown].mean() < 5


def test_pictures_larger_than_the_work_copies_are_aligned_as_well() -> None:
    original = paint(4)
    first, second = picture(original), picture(caption(original, "LARGE"))
    evidence = verify(first, second)
    assert evidence is not None
    large = picture(original.resize((1440, 1080)))
    aligned = align(large, second, evidence.transformation)
    assert aligned.picture.shape == large.shape
    assert difference(large, second, evidence.transformation).shape == large.shape


def test_an_aligned_negative_shows_its_own_colours() -> None:
    original = paint(5)
    first, second = picture(original), invert(picture(crop(original, 0.5)))
    evidence = verify(first, second, negative=True)
    assert evidence is not None
    aligned = align(first, second, evidence.transformation)
    off = np.abs(aligned.picture.astype(np.int32) - invert(first))[aligned.shown]
    assert off.mean() < 5


def test_of_a_negative_only_what_was_changed_lights_up() -> None:
    original = paint(6, size=(600, 450))
    first, plain = picture(original), invert(picture(ImageOps.mirror(original)))
    captioned = invert(picture(caption(ImageOps.mirror(original), "ONLY THIS")))
    evidence = verify(first, captioned, negative=True)
    assert evidence is not None
    letters, background = (
        align(first, second, evidence.transformation).picture.astype(np.int32) for second in (captioned, plain)
    )
    written = np.abs(letters - background).max(axis=2) > 60
    assert written.sum() > 1000
    assert _reddened(difference(first, captioned, evidence.transformation))[written].mean() > 0.6
    assert _reddened(difference(first, plain, evidence.transformation)).mean() < 0.001
