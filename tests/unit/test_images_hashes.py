"""Hashes, renditions, the content region and all of them together."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gallery.images import hashes
from gallery.images.decode import DECODER_VERSION, decode
from gallery.images.examination import examine
from gallery.images.region import Box, content_region
from gallery.images.renditions import RENDITIONS, render
from gallery.images.scaling import fitted, squashed
from gallery.pictures import Picture, checked
from gallery.verification.negatives import invert
from tests.pictures import captioned, encoded, page, photograph, plain, resized, screenshot, written

FLIPS = Image.Transpose
VIEWS = [
    None,
    FLIPS.ROTATE_90,
    FLIPS.ROTATE_180,
    FLIPS.ROTATE_270,
    FLIPS.FLIP_TOP_BOTTOM,
    FLIPS.FLIP_LEFT_RIGHT,
    FLIPS.TRANSPOSE,
    FLIPS.TRANSVERSE,
]
"""What is done to a picture for each of its PDQ views."""

PDQS = st.binary(min_size=32, max_size=32)


@pytest.fixture(scope="module")
def photo() -> Picture:
    return photograph(2)


def turned(picture: Picture, how: Image.Transpose | None) -> Picture:
    image = Image.fromarray(picture)
    return checked(np.asarray(image if how is None else image.transpose(how)))


def test_the_bytes_are_hashed_in_pieces() -> None:
    content = bytes(range(256)) * 10_000
    assert hashes.sha256(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()


def test_one_pixel_changes_the_pixel_hash(photo: Picture) -> None:
    other = photo.copy()
    other[0, 0, 0] ^= 1
    assert hashes.pixel_hash(photo) != hashes.pixel_hash(checked(other))
    assert hashes.pixel_hash(photo) == hashes.pixel_hash(checked(photo.copy()))


def test_the_shape_is_part_of_the_pixel_hash() -> None:
    assert hashes.pixel_hash(plain(width=8, height=2)) != hashes.pixel_hash(plain(width=2, height=8))


@pytest.mark.parametrize("view", range(8))
def test_turned_and_mirrored_copies_are_near_in_their_view(photo: Picture, view: int) -> None:
    copy = hashes.pdq(turned(photo, VIEWS[view]))
    distance, found = hashes.nearest_view(copy.upright, hashes.pdq(photo).hashes)

    assert found == view
    assert distance <= 20


def test_an_edited_copy_is_nearer_than_another_photo(photo: Picture) -> None:
    this = hashes.pdq(photo)
    assert len(this.hashes) == 256
    assert this.quality >= 50
    assert hashes.hamming(this.upright, hashes.pdq(resized(photo, 0.5)).upright) <= 31
    assert hashes.hamming(this.upright, hashes.pdq(photograph(3)).upright) > 90


@pytest.mark.parametrize("seed", range(4))
def test_the_hash_of_a_negative_is_the_complement(seed: int) -> None:
    original = photograph(seed)
    opposite = hashes.complement(hashes.pdq(original).upright)

    assert hashes.hamming(opposite, hashes.pdq(invert(original)).upright) <= 4
    assert hashes.hamming(opposite, hashes.pdq(invert(resized(original, 0.5))).upright) <= 31
    assert hashes.hamming(opposite, hashes.pdq(photograph(seed + 10)).upright) > 90


@pytest.mark.parametrize("view", range(8))
def test_a_negative_looks_opposite_however_it_is_turned(photo: Picture, view: int) -> None:
    this, copy = hashes.pdq(photo), turned(photo, VIEWS[view])
    negative, positive = hashes.pdq(invert(copy)), hashes.pdq(copy)

    for one, other in ((this, negative), (negative, this)):
        assert hashes.are_opposite(one.hashes, other.hashes, within=20)
    assert not hashes.are_opposite(this.hashes, positive.hashes, within=256)
    assert not hashes.are_opposite(this.hashes, hashes.pdq(photograph(3)).hashes, within=64)


def test_a_negative_is_asked_for_by_the_last_query(photo: Picture) -> None:
    this = hashes.pdq(photo)
    asked = hashes.queries(this.hashes)

    assert b"".join(asked[:8]) == this.hashes
    assert asked[8:] == [hashes.complement(this.upright)]
    assert len(asked) == hashes.PDQ_QUERIES


def test_a_blank_picture_has_no_pdq_quality() -> None:
    assert hashes.pdq(plain()).quality < 50


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 4), (3, 900), (3000, 2)])
def test_the_smallest_pictures_have_all_facts(tmp_path: Path, shape: tuple[int, int]) -> None:
    picture = checked(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    facts = examine(written(tmp_path, picture), max_pixels=10_000)

    assert facts.whole.shape == (320, 320, 3)
    assert set(facts.renditions) == set(RENDITIONS)
    assert facts.pdq.quality == 0
    assert facts.region is None


@given(a=PDQS, b=PDQS)
def test_the_inner_product_tells_the_distance(a: bytes, b: bytes) -> None:
    one, other = hashes.pdq_vector(a), hashes.pdq_vector(b)
    distance = hashes.hamming(a, b)

    assert one.dtype == np.float32
    assert float(one @ one) == 1
    assert hashes.pdq_distance(float(one @ other)) == distance
    assert float(one @ other) == pytest.approx(hashes.pdq_similarity(distance), abs=1e-6)
    assert hashes.pdq_distance(float(one.astype(np.float16) @ other.astype(np.float16))) == distance


@given(a=PDQS, b=PDQS, c=PDQS)
def test_hamming_is_a_distance(a: bytes, b: bytes, c: bytes) -> None:
    assert hashes.hamming(a, a) == 0
    assert hashes.hamming(a, b) == hashes.hamming(b, a)
    assert hashes.hamming(a, c) <= hashes.hamming(a, b) + hashes.hamming(b, c)


@given(a=PDQS, b=PDQS)
def test_what_is_near_one_hash_is_far_from_its_complement(a: bytes, b: bytes) -> None:
    assert hashes.complement(hashes.complement(a)) == a
    assert hashes.hamming(hashes.complement(a), b) == 256 - hashes.hamming(a, b)


@given(a=st.binary(min_size=256, max_size=256), b=st.binary(min_size=256, max_size=256), within=st.integers(0, 256))
def test_opposites_are_opposite_from_both_sides(a: bytes, b: bytes, within: int) -> None:
    assert hashes.are_opposite(a, b, within=within) == hashes.are_opposite(b, a, within=within)
    assert not hashes.are_opposite(a, a, within=within)


def test_hashes_of_different_lengths_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        hashes.hamming(bytes(32), bytes(31))
    with pytest.raises(ValueError, match="32 bytes"):
        hashes.pdq_vector(bytes(31))


def test_pages_are_documents_and_photos_are_not(photo: Picture) -> None:
    assert hashes.dominant_share(page()) > 0.4
    assert hashes.dominant_share(photo) < 0.4
    assert hashes.dominant_share(plain()) == 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("background", ["white", "#101418"])
def test_the_photo_in_a_screenshot_is_found(seed: int, background: str) -> None:
    screen = screenshot(photograph(seed), background=background)
    box = content_region(screen)

    assert box is not None
    assert np.abs(np.subtract(box, (0, 220, 540, 625))).max() <= 12
    # What is cut out is the photo: PDQ, which cannot find it in the screen, finds it in the region.
    whole = hashes.pdq(photograph(seed)).upright
    assert hashes.hamming(whole, hashes.pdq(box.cut(screen)).upright) <= 60
    assert hashes.hamming(whole, hashes.pdq(screen).upright) > 60


@pytest.mark.parametrize("picture", [photograph(2), page(), plain(), captioned(photograph(2))])
def test_photos_pages_and_blanks_have_no_region(picture: Picture) -> None:
    assert content_region(picture) is None


def test_a_box_keeps_its_place_at_another_size() -> None:
    assert Box(1, 2, 5, 8).scaled(plain(width=10, height=10), plain(width=40, height=20)) == Box(4, 4, 20, 16)


def test_renditions_are_fitted_and_never_enlarged() -> None:
    files = render(photograph(1, width=1800, height=600, things=5))
    sizes = {name: Image.open(io.BytesIO(content)).size for name, content in files.items()}
    assert sizes == {"view": (1600, 533), "work": (640, 213), "thumb": (320, 107)}
    assert sizes == {name: fitted(1800, 600, long_side=RENDITIONS[name].long_side) for name in RENDITIONS}

    small = render(photograph(1, width=90, height=60, things=5))
    assert {Image.open(io.BytesIO(content)).size for content in small.values()} == {(90, 60)}


def test_renditions_are_what_they_claim(photo: Picture) -> None:
    for name, content in render(photo).items():
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == RENDITIONS[name].pillow
            assert Image.MIME[RENDITIONS[name].pillow] == RENDITIONS[name].content_type
            seen = np.asarray(image.convert("RGB")).astype(int)
        expected = squashed(photo, 64).astype(int)
        assert np.abs(squashed(checked(seen.astype(np.uint8)), 64) - expected).mean() < 3


def test_renditions_carry_no_metadata(tmp_path: Path, photo: Picture) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<img src=x onerror=alert(1)>"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    content = encoded(photo, "JPEG", exif=exif, comment=b"a secret")
    (tmp_path / "photo.jpg").write_bytes(content)
    facts = examine(tmp_path / "photo.jpg", max_pixels=1_000_000)

    assert b"onerror" in content
    for rendition in facts.renditions.values():
        assert b"onerror" not in rendition
        assert b"secret" not in rendition
        with Image.open(io.BytesIO(rendition)) as image:
            assert not image.getexif()


def test_an_examination_holds_the_facts_of_its_parts(tmp_path: Path, photo: Picture) -> None:
    path = written(tmp_path, photo, "photo.jpg", quality=85)
    facts = examine(path, max_pixels=1_000_000)
    picture = decode(path, max_pixels=1_000_000).picture

    assert (facts.kind, facts.width, facts.height, facts.frames) == ("jpeg", 640, 480, 1)
    assert (facts.source_mode, facts.jpeg_quality, facts.has_alpha) == ("RGB", 85, False)
    assert facts.decoder_version == DECODER_VERSION
    assert facts.pixel_hash == hashes.pixel_hash(picture)
    assert facts.pdq == hashes.pdq(picture)
    assert facts.dominant_share == pytest.approx(hashes.dominant_share(picture), abs=0.03)
    assert np.array_equal(facts.whole, squashed(picture, 320))
    assert (facts.region, facts.region_box) == (None, None)


def test_a_screenshot_is_examined_with_its_region(tmp_path: Path) -> None:
    photo = photograph(5)
    facts = examine(written(tmp_path, screenshot(photo)), max_pixels=1_000_000, network_side=128)

    assert facts.region_box is not None
    assert facts.region is not None
    assert facts.region.shape == (128, 128, 3)
    near = np.corrcoef(facts.region.ravel(), squashed(photo, 128).ravel())[0, 1]
    assert near > np.corrcoef(facts.whole.ravel(), squashed(photo, 128).ravel())[0, 1]
    assert near > 0.7
