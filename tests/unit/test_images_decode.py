"""Files in, upright sRGB pixels or a refusal out."""

import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from gallery.errors import IngestError, MetadataTooLarge, TooManyPixels, Truncated, Undecodable, UnsupportedType
from gallery.images.decode import Decoded, decode
from gallery.images.hashes import pixel_hash
from gallery.images.structure import MAX_FRAMES
from gallery.pictures import Picture
from tests.pictures import encoded, photograph, written

LIMIT = 4_000_000

UNDOES = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How to store a picture so that the EXIF orientation shows it upright."""


@pytest.fixture(scope="module")
def photo() -> Picture:
    return photograph(7, width=160, height=120, things=20)


def decoded(folder: Path, content: bytes, *, max_pixels: int = LIMIT) -> Decoded:
    path = folder / "file"
    path.write_bytes(content)
    return decode(path, max_pixels=max_pixels)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(picture: Picture, chunks: bytes) -> bytes:
    """A PNG with more chunks after its header."""
    plain = encoded(picture, "PNG")
    return plain[:33] + chunks + plain[33:]


@pytest.mark.parametrize("orientation", UNDOES)
@pytest.mark.parametrize("pillow", ["PNG", "WEBP"])
def test_a_rotated_copy_has_the_same_pixels(tmp_path: Path, photo: Picture, orientation: int, pillow: str) -> None:
    undo = UNDOES[orientation]
    stored = Image.fromarray(photo) if undo is None else Image.fromarray(photo).transpose(undo)
    exif = Image.Exif()
    exif[274] = orientation
    found = decoded(tmp_path, encoded(stored, pillow, exif=exif, lossless=True))

    assert (found.width, found.height) == (160, 120)
    assert pixel_hash(found.picture) == pixel_hash(photo)


def test_a_jpeg_turned_by_exif_stands_upright(tmp_path: Path, photo: Picture) -> None:
    exif = Image.Exif()
    exif[274] = 6
    turned = encoded(Image.fromarray(photo).rotate(90, expand=True), "JPEG", quality=98, subsampling=0, exif=exif)

    assert np.abs(decoded(tmp_path, turned).picture.astype(int) - photo).mean() < 3


def test_damaged_exif_leaves_the_picture_as_stored(tmp_path: Path, photo: Picture) -> None:
    found = decoded(tmp_path, encoded(photo, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12"))
    assert (found.width, found.height) == (160, 120)


def test_sixteen_bits_of_grey_are_divided_by_257(tmp_path: Path) -> None:
    deep = np.linspace(0, 65_535, 256 * 64).round().astype(np.uint16).reshape(64, 256)
    found = decoded(tmp_path, encoded(Image.fromarray(deep), "PNG"))

    assert found.source_mode == "I;16"
    assert np.array_equal(found.picture[..., 0], np.round(deep / 257).astype(np.uint8))
    assert np.array_equal(found.picture[..., 0], found.picture[..., 2])
    assert 120 < found.picture.mean() < 135


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    found = decoded(tmp_path, encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=100))

    assert found.source_mode == "CMYK"
    assert np.abs(found.picture.reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() < 6


@pytest.mark.parametrize("pillow", ["PNG", "WEBP", "AVIF"])
def test_what_is_transparent_lies_over_white(tmp_path: Path, pillow: str) -> None:
    image = Image.new("RGBA", (40, 20), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    found = decoded(tmp_path, encoded(image, pillow, lossless=True, quality=100))

    assert found.has_alpha
    assert found.picture[:, :16].min() > 250
    assert np.abs(found.picture[:, 24:].reshape(-1, 3).mean(axis=0) - (200, 0, 0)).max() < 4


def test_half_transparent_is_half_white(tmp_path: Path) -> None:
    found = decoded(tmp_path, encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG"))
    assert np.abs(found.picture.astype(int) - 127).max() <= 1


@pytest.mark.parametrize("pillow", ["PNG", "GIF"])
def test_a_palettes_transparent_colour_lies_over_white(tmp_path: Path, pillow: str) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.paste(0, (0, 0, 10, 20))
    found = decoded(tmp_path, encoded(image, pillow, transparency=0))

    assert found.source_mode == "P"
    assert found.picture[0, 0].tolist() == [255, 255, 255]
    assert found.picture[0, 19].tolist() == [10, 20, 30]


@pytest.mark.parametrize("pillow", ["PNG", "WEBP", "AVIF"])
def test_what_is_transparent_is_also_seen_over_black(tmp_path: Path, pillow: str) -> None:
    image = Image.new("RGBA", (40, 20), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    found = decoded(tmp_path, encoded(image, pillow, lossless=True, quality=100)).over_black

    assert found is not None
    assert found[:, :16].max() < 5
    assert np.abs(found[:, 24:].reshape(-1, 3).mean(axis=0) - (200, 0, 0)).max() < 4


def test_a_palettes_transparent_colour_is_also_seen_over_black(tmp_path: Path) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([90, 90, 90, 10, 20, 30])
    image.paste(0, (0, 0, 10, 20))
    found = decoded(tmp_path, encoded(image, "PNG", transparency=0)).over_black

    assert found is not None
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[0, 19].tolist() == [10, 20, 30]


def test_what_lies_over_black_is_upright_too(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 20), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decoded(tmp_path, encoded(image, "PNG", exif=exif)).over_black

    assert found is not None
    assert found.shape == (40, 20, 3)
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[39, 0].tolist() == [200, 0, 0]


@pytest.mark.parametrize("hole", [(0, 0, 0, 0), (0, 0, 2, 5)])
def test_a_picture_that_hides_its_ground_is_not_seen_over_black(
    tmp_path: Path, hole: tuple[int, int, int, int]
) -> None:
    image = Image.new("RGBA", (40, 20), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), hole)
    found = decoded(tmp_path, encoded(image, "PNG"))
    assert found.has_alpha
    assert found.over_black is None


def test_grey_and_bilevel_pictures_become_rgb(tmp_path: Path, photo: Picture) -> None:
    grey = Image.fromarray(photo).convert("L")
    for image in (grey, grey.convert("1"), grey.convert("LA")):
        assert decoded(tmp_path, encoded(image, "PNG")).picture.shape == (120, 160, 3)


def test_an_embedded_srgb_profile_changes_no_pixel(tmp_path: Path, photo: Picture) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = decoded(tmp_path, encoded(photo, "PNG", icc_profile=profile))
    assert pixel_hash(found.picture) == pixel_hash(photo)


def test_the_profile_of_another_colour_space_is_applied(tmp_path: Path, photo: Picture) -> None:
    profile = swapped_profile()
    found = decoded(tmp_path, encoded(photo, "PNG", icc_profile=profile))

    assert found.picture[..., 0].mean() != pytest.approx(photo[..., 0].mean(), abs=1)
    # What the profile calls red is shown as green and the other way round.
    assert np.corrcoef(found.picture[..., 1].ravel(), photo[..., 0].ravel())[0, 1] > 0.8


def swapped_profile() -> bytes:
    """An sRGB profile with the red and the green primaries swapped: a colour space that cannot be taken for sRGB."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * struct.unpack(">I", raw[128:132])[0], 12):
        swapped = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(bytes(raw[at : at + 4]))
        if swapped:
            raw[at : at + 4] = swapped
    return bytes(raw)


@pytest.mark.parametrize("profile", [b"no profile at all", bytes(200), swapped_profile()[:300]])
def test_a_broken_profile_is_ignored(tmp_path: Path, photo: Picture, profile: bytes) -> None:
    found = decoded(tmp_path, encoded(photo, "PNG", icc_profile=profile))
    assert pixel_hash(found.picture) == pixel_hash(photo)


@pytest.mark.parametrize("pillow", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_counts(tmp_path: Path, pillow: str) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    content = encoded(frames[0], pillow, save_all=True, append_images=frames[1:], lossless=True, duration=40)
    found = decoded(tmp_path, content)

    assert found.frames == 3
    assert found.picture[0, 0].tolist() == [255, 0, 0]


def test_a_gif_of_endless_frames_is_quick(tmp_path: Path) -> None:
    head = b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(3) + b"\xff\xff\xff"
    frame = b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x01\0"
    started = time.monotonic()
    found = decoded(tmp_path, head + frame * 60_000 + b";")

    assert found.frames == MAX_FRAMES
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("pillow", ["AVIF", "HEIF"])
def test_modern_phone_formats_are_read(tmp_path: Path, photo: Picture, pillow: str) -> None:
    pillow_heif.register_heif_opener()
    found = decoded(tmp_path, encoded(photo, pillow, quality=90))

    assert found.kind == {"AVIF": "avif", "HEIF": "heic"}[pillow]
    assert found.frames == 1
    assert np.abs(found.picture.astype(int) - photo).mean() < 8


@pytest.mark.parametrize("quality", [10, 35, 50, 75, 85, 95, 100])
def test_the_quality_of_a_jpeg_is_read_off_its_tables(tmp_path: Path, photo: Picture, quality: int) -> None:
    assert decoded(tmp_path, encoded(photo, "JPEG", quality=quality)).jpeg_quality == quality


def test_only_jpegs_have_a_quality(tmp_path: Path, photo: Picture) -> None:
    assert decoded(tmp_path, encoded(photo, "PNG")).jpeg_quality is None


@pytest.mark.parametrize("pillow", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_file_cut_short_is_truncated(tmp_path: Path, photo: Picture, pillow: str, share: float) -> None:
    pillow_heif.register_heif_opener()
    whole = encoded(photo, pillow)
    with pytest.raises(Truncated) as refusal:
        decoded(tmp_path, whole[: int(len(whole) * share)])
    assert str(refusal.value) == "The file ends early; upload it again."


@pytest.mark.parametrize("stub", [b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n\0\0", b"GIF89a\x01\0\x01\0"])
def test_a_ten_byte_stub_is_truncated(tmp_path: Path, stub: bytes) -> None:
    with pytest.raises(Truncated):
        decoded(tmp_path, stub)


def test_a_wrong_checksum_is_damage(tmp_path: Path, photo: Picture) -> None:
    content = bytearray(encoded(photo, "PNG"))
    content[30] ^= 0xFF
    with pytest.raises(Truncated, match="damaged"):
        decoded(tmp_path, bytes(content))


def test_noise_behind_a_header_cannot_be_read(tmp_path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 9, 0, 0))
    with pytest.raises(Undecodable, match="This PNG file cannot be read"):
        decoded(tmp_path, header + chunk(b"IEND", b""))


def test_other_formats_are_never_opened(tmp_path: Path, photo: Picture) -> None:
    for pillow in ("TIFF", "BMP", "PPM", "ICO", "JPEG2000"):
        with pytest.raises(UnsupportedType):
            decoded(tmp_path, encoded(photo, pillow))


@pytest.mark.parametrize("pillow", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"])
def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path, photo: Picture, pillow: str) -> None:
    pillow_heif.register_heif_opener()
    with pytest.raises(TooManyPixels):
        decoded(tmp_path, encoded(photo, pillow), max_pixels=160 * 120 - 1)
    decoded(tmp_path, encoded(photo, pillow), max_pixels=160 * 120)


def test_a_frame_larger_than_its_screen_is_counted(tmp_path: Path) -> None:
    bomb = b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(6) + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;"
    with pytest.raises(TooManyPixels):
        decoded(tmp_path, bomb)


def test_a_flood_of_chunks_is_refused_in_bounded_time(tmp_path: Path, photo: Picture) -> None:
    content = png_with(photo, chunk(b"tEXt", b"Comment\0hello") * 200_000)
    started = time.monotonic()
    with pytest.raises(MetadataTooLarge):
        decoded(tmp_path, content)
    assert time.monotonic() - started < 2


def test_text_that_unpacks_to_megabytes_is_refused(tmp_path: Path, photo: Picture) -> None:
    for text in (bytes(2_000_000), bytes(900_000)):
        packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text)) * 12
        with pytest.raises(MetadataTooLarge):
            decoded(tmp_path, png_with(photo, packed))


def test_a_flood_of_jpeg_segments_is_refused(tmp_path: Path, photo: Picture) -> None:
    plain = encoded(photo, "JPEG")
    with pytest.raises(MetadataTooLarge):
        decoded(tmp_path, plain[:2] + b"\xff\xe5\0\x02" * 500_000 + plain[2:])


def test_a_gif_of_comments_is_refused(tmp_path: Path) -> None:
    head = b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(6)
    comment = b"\x21\xfe" + (b"\xff" + b"x" * 255) * 20_000 + b"\0"
    started = time.monotonic()
    with pytest.raises(MetadataTooLarge):
        decoded(tmp_path, head + comment + b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x01\0;")
    assert time.monotonic() - started < 2


def test_some_text_is_fine(tmp_path: Path, photo: Picture) -> None:
    info = PngImagePlugin.PngInfo()
    for number in range(50):
        info.add_text(f"Key {number}", "<img src=x onerror=alert(1)>", zip=True)
    assert decoded(tmp_path, encoded(photo, "PNG", pnginfo=info)).picture.shape == (120, 160, 3)


def test_bytes_behind_the_picture_do_not_matter(tmp_path: Path, photo: Picture) -> None:
    plain = encoded(photo, "JPEG")
    tail = b"<script>alert(1)</script>PK\3\4" + bytes(9_000)
    assert pixel_hash(decoded(tmp_path, plain + tail).picture) == pixel_hash(decoded(tmp_path, plain).picture)


def test_pillows_limits_are_as_before_afterwards(tmp_path: Path, photo: Picture) -> None:
    before = {"pixels": Image.MAX_IMAGE_PIXELS, "text": PngImagePlugin.MAX_TEXT_MEMORY}
    decode(written(tmp_path, photo), max_pixels=LIMIT)
    after = {"pixels": Image.MAX_IMAGE_PIXELS, "text": PngImagePlugin.MAX_TEXT_MEMORY}
    assert after == before


def test_a_file_that_is_not_there_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "nothing.jpg", max_pixels=LIMIT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), pillow=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]))
def test_a_file_with_any_byte_changed_is_read_or_refused(tmp_path: Path, data: st.DataObject, pillow: str) -> None:
    out = io.BytesIO()
    Image.fromarray(photograph(3, width=40, height=30, things=4)).save(out, pillow)
    content = bytearray(out.getvalue())
    for _change in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = decoded(tmp_path, bytes(content), max_pixels=100_000)
    except IngestError as refusal:
        assert str(refusal)  # noqa: PT017 - both outcomes are right
    else:
        assert found.picture.shape == (found.height, found.width, 3)
