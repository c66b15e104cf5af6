"""Local features: kept as bytes, found where they are."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from gallery.verification.features import (
    ORB_POINTS,
    REMEMBERED,
    Kind,
    LocalFeatures,
    extract,
    mirror,
    remembered,
    work_copy,
)
from gallery.verification.geometry import fit, mirror_sift
from tests.verification_pictures import paint, picture


@pytest.mark.parametrize("kind", ["orb", "sift"])
def test_features_survive_storage(kind: Kind) -> None:
    features = extract(picture(paint(1)), kind=kind)
    again = LocalFeatures.from_bytes(features.to_bytes())
    assert (again.kind, again.width, again.height) == (kind, 480, 360)
    np.testing.assert_array_equal(again.points, features.points)
    np.testing.assert_array_equal(again.descriptors, features.descriptors)


def test_orb_features_take_at_most_48_kilobytes() -> None:
    features = extract(picture(paint(1, size=(1200, 900))), kind="orb")
    assert len(features) <= ORB_POINTS
    assert len(features.to_bytes()) <= 48_100


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"XXXX" + data[4:], lambda data: data[:5]])
def test_bytes_that_are_no_features_are_refused(spoil: object) -> None:
    data = extract(picture(paint(1)), kind="orb").to_bytes()
    assert callable(spoil)
    with pytest.raises(ValueError):
        LocalFeatures.from_bytes(spoil(data))


@pytest.mark.parametrize(
    ("size", "expected"), [((1200, 900), (640, 480)), ((480, 360), (480, 360)), ((100, 50), (320, 160))]
)
def test_work_copies_are_neither_too_large_nor_too_small(size: tuple[int, int], expected: tuple[int, int]) -> None:
    copy = work_copy(picture(paint(1, size=size)))
    assert (copy.shape[1], copy.shape[0]) == expected


def test_a_turned_copy_has_its_orb_points_in_the_turned_places() -> None:
    original = paint(2)
    first, second = (extract(picture(image), kind="orb") for image in (original, original.rotate(180)))
    geometry = fit(first, second)
    assert geometry is not None
    np.testing.assert_allclose(geometry.matrix[:2, 2], (479, 359), atol=0.5)


def test_sift_features_are_mirrored_without_looking_again() -> None:
    original = paint(3)
    mirrored = mirror_sift(extract(picture(original), kind="sift"))
    geometry = fit(mirrored, extract(picture(ImageOps.mirror(original)), kind="sift"))
    assert geometry is not None
    assert geometry.inliers > 100
    np.testing.assert_allclose(geometry.matrix, np.eye(3), atol=0.5)


def test_mirroring_twice_changes_nothing() -> None:
    original = picture(paint(4))
    np.testing.assert_array_equal(mirror(mirror(original)), original)


@pytest.mark.parametrize("kind", ["orb", "sift"])
def test_remembered_features_are_those_of_the_picture(kind: Kind) -> None:
    one, other = picture(paint(1)), picture(paint(2))
    found = remembered(one, kind=kind)
    np.testing.assert_array_equal(found.descriptors, extract(one, kind=kind).descriptors)
    assert remembered(one.copy(), kind=kind) is found
    assert remembered(other, kind=kind) is not found


def test_only_so_many_features_are_remembered() -> None:
    first = picture(Image.new("RGB", (20, 20), (0, 0, 0)))
    found = remembered(first, kind="orb")
    for level in range(1, REMEMBERED + 1):
        remembered(picture(Image.new("RGB", (20, 20), (level, 0, 0))), kind="orb")
    assert remembered(first, kind="orb") is not found
