"""What every verifier promises, whichever features it uses."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from gallery.pictures import Picture, checked
from gallery.verification import VERIFIERS, load, negatives, verify
from gallery.verification.evidence import Evidence
from gallery.verification.features import Kind, extract
from gallery.verification.transformation import Size
from tests.verification_pictures import caption, crop, paint, picture

EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "itself": lambda image: image,
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "cropped": lambda image: crop(image, 0.5),
    "mirrored": ImageOps.mirror,
    "a quarter turn": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "slightly turned": lambda image: image.rotate(7, Image.Resampling.BICUBIC),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "grey": lambda image: ImageOps.grayscale(image),
    "captioned": lambda image: caption(image, "NOBODY EXPECTS THIS"),
}


def _numbers(evidence: Evidence | None) -> tuple[float, ...] | None:
    if evidence is None:
        return None
    return (evidence.cells, evidence.matches, evidence.inliers, evidence.ncc, evidence.ncc_overall)


def _ask_as_negatives(key: Kind, first: Picture, second: Picture) -> Evidence | None:
    return negatives.ask(first, second, None, lambda one, other, known: load(key).verify(one, other, features=known))


@pytest.fixture(params=list(VERIFIERS))
def key(request: pytest.FixtureRequest) -> Kind:
    name: Kind = request.param
    return name


def test_its_key_is_the_one_it_is_registered_by(key: Kind) -> None:
    assert load(key).key == key


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(KeyError):
        load("phrenology")


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_found_from_both_sides_alike(key: Kind, edit: str) -> None:
    original = paint(1)
    first, second = picture(original), picture(EDITS[edit](original))
    forth, back = load(key).verify(first, second), load(key).verify(second, first)
    assert forth is not None
    assert back is not None
    assert _numbers(forth) == _numbers(back)
    assert forth.cells >= 12
    assert forth.ncc > 0.9
    round_trip = forth.transformation.matrix @ back.transformation.matrix
    np.testing.assert_allclose(round_trip / round_trip[2, 2], np.eye(3), atol=1e-4)


@pytest.mark.parametrize("edit", EDITS)
def test_a_negative_of_an_edited_copy_is_found_from_both_sides_alike(key: Kind, edit: str) -> None:
    original = paint(1)
    first, second = picture(original), negatives.invert(picture(EDITS[edit](original)))
    forth, back = _ask_as_negatives(key, first, second), _ask_as_negatives(key, second, first)
    assert forth is not None
    assert back is not None
    assert _numbers(forth) == _numbers(back)
    assert forth.cells >= 12
    assert forth.ncc > 0.9
    step, way_back = forth.transformation, back.transformation
    assert step.inverted
    assert way_back.inverted
    round_trip = step.matrix @ way_back.matrix
    np.testing.assert_allclose(round_trip / round_trip[2, 2], np.eye(3), atol=1e-4)
    # Of 1 - b = gain * a + offset follows 1 - a = b / gain + 1 - (1 - offset) / gain.
    assert way_back.gain == pytest.approx(1 / step.gain, rel=0.01)
    assert way_back.offset == pytest.approx(1 - (1 - step.offset) / step.gain, abs=0.01)


def test_a_negative_is_not_found_without_inverting_it_back(key: Kind) -> None:
    first, second = picture(paint(1)), negatives.invert(picture(paint(1)))
    evidence = load(key).verify(first, second)
    assert evidence is None or evidence.ncc < 0.7


@pytest.mark.parametrize("seed", range(4))
def test_different_pictures_are_told_apart_from_both_sides(key: Kind, seed: int) -> None:
    first, second = picture(paint(10 + seed)), picture(paint(20 + seed))
    for evidence in (load(key).verify(first, second), load(key).verify(second, first)):
        assert evidence is None or evidence.ncc < 0.7


def test_its_numbers_keep_their_bounds(key: Kind) -> None:
    original = paint(2)
    evidence = load(key).verify(picture(original), picture(caption(crop(original, 0.6), "BOUNDS")))
    assert evidence is not None
    assert 0 < evidence.cells <= evidence.inliers <= evidence.matches
    assert -1 <= evidence.ncc <= 1
    assert -1 <= evidence.ncc_overall <= 1
    assert 0 <= evidence.textured_share <= 1
    for part in (evidence.transformation.first, evidence.transformation.second):
        assert 0 <= part.share <= 1
        for box in (part.box, *part.changed):
            assert 0 <= box.left <= box.right <= 1
            assert 0 <= box.top <= box.bottom <= 1


def test_a_picture_is_wholly_like_itself(key: Kind) -> None:
    same = picture(paint(3))
    evidence = load(key).verify(same, same)
    assert evidence is not None
    assert evidence.ncc == pytest.approx(1)
    assert evidence.textured_share == 1
    assert evidence.transformation.changed_share == 0
    np.testing.assert_allclose(evidence.transformation.matrix, np.eye(3), atol=1e-3)


def test_asking_twice_gives_the_same_answer(key: Kind) -> None:
    original = paint(4)
    first, second = picture(original), picture(original.rotate(5))
    assert load(key).verify(first, second) == load(key).verify(first, second)


def test_kept_features_give_the_same_answer_as_fresh_ones(key: Kind) -> None:
    original = paint(5)
    first, second = picture(original), picture(crop(original, 0.7))
    features = (extract(first, kind=key), extract(second, kind=key))
    assert load(key).verify(first, second, features=features) == load(key).verify(first, second)


def test_kept_features_do_not_mislead_where_a_negative_is_asked_about(key: Kind) -> None:
    first, second = picture(paint(5)), negatives.invert(picture(crop(paint(5), 0.7)))
    features = (extract(first, kind=key), extract(second, kind=key))
    fresh = verify(first, second, negative=True)
    assert fresh is not None
    assert verify(first, second, features=features, negative=True) == fresh


def test_the_scale_is_that_of_the_originals(key: Kind) -> None:
    original = paint(6)
    sizes: tuple[Size, Size] = ((4800, 3600), (480, 360))
    evidence = load(key).verify(picture(original), picture(original), sizes=sizes)
    assert evidence is not None
    assert evidence.transformation.scale == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3, 2), (40, 30)])
def test_a_picture_with_nothing_to_see_gives_no_evidence(key: Kind, size: Size) -> None:
    blank: Picture = checked(np.full((size[1], size[0], 3), 200, np.uint8))
    assert load(key).verify(blank, blank) is None
    assert load(key).verify(picture(paint(7)), blank) is None


def test_evidence_survives_json(key: Kind) -> None:
    original = paint(8)
    evidence = load(key).verify(picture(original), picture(caption(ImageOps.mirror(original), "JSON")))
    assert evidence is not None
    assert Evidence.from_dict(json.loads(json.dumps(evidence.as_dict()))) == evidence


def test_evidence_from_before_negatives_were_found_can_be_read(key: Kind) -> None:
    evidence = load(key).verify(picture(paint(8)), picture(crop(paint(8), 0.8)))
    assert evidence is not None
    stored = evidence.as_dict()
    assert stored["transformation"].pop("inverted") is False
    assert Evidence.from_dict(stored) == evidence


def test_evidence_of_a_negative_survives_json() -> None:
    first, second = picture(paint(8)), negatives.invert(picture(paint(8)))
    evidence = verify(first, second, negative=True)
    assert evidence is not None
    stored = evidence.as_dict()
    assert stored["transformation"]["inverted"] is True
    assert Evidence.from_dict(json.loads(json.dumps(stored))) == evidence


def test_the_cascade_agrees_from_both_sides() -> None:
    original = paint(9)
    small = picture(original.resize((96, 72)))
    forth, back = verify(picture(original), small), verify(small, picture(original))
    assert forth is not None
    assert _numbers(forth) == _numbers(back)
