"""What a file is, from its first bytes."""

import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gallery.errors import EmptyFile, TooManyPixels, UnsupportedType
from gallery.images.header import KINDS, check, name_note, sniff
from tests.pictures import encoded, photograph

FILES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "jpeg": [("JPEG", {}), ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + bytes(60_000)})],
    "png": [("PNG", {})],
    "gif": [("GIF", {})],
    "webp": [("WEBP", {}), ("WEBP", {"lossless": True}), ("WEBP", {"icc_profile": b"x" * 9})],
    "avif": [("AVIF", {})],
    "heic": [("HEIF", {})],
}


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few dozen bytes that claims any size."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\r" + header + zlib.crc32(header).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("kind", "pillow", "options"),
    [(kind, pillow, options) for kind, variants in FILES.items() for pillow, options in variants],
)
def test_every_accepted_kind_is_told_with_its_size(kind: str, pillow: str, options: dict[str, Any]) -> None:
    pillow_heif.register_heif_opener()
    header = sniff(encoded(photograph(1, width=200, height=120, things=5), pillow, **options))

    assert (header.kind, header.width, header.height) == (kind, 200, 120)
    assert header.content_type == KINDS[kind].content_type
    assert header.extension == KINDS[kind].extensions[0]


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"II*\0rest of it", "a TIFF file"),
        (b"BM" + bytes(60), "a BMP file"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x' onload='alert(1)'/>", "an SVG drawing"),
        (b"\xef\xbb\xbf <!-- c --> <SVG >", "an SVG drawing"),
        (b"<!DOCTYPE html><p>hi", "a web page"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF", "an EPS drawing"),
        (b"PK\3\4" + bytes(30), "a ZIP archive"),
        (b"\xff\x0a" + bytes(30), "a JPEG XL file"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL file"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"Dear all,\n", "a text file"),
        (b"\x7fELF" + bytes(30), "a program"),
        (b"\x01\x02\x03\x04", "not a picture that can be read here"),
    ],
)
def test_other_files_are_refused_by_name(head: bytes, named: str) -> None:
    with pytest.raises(UnsupportedType, match=named) as refusal:
        sniff(head)
    assert refusal.value.status == 415
    assert "JPEG" in str(refusal.value)


def test_tiff_is_told_what_to_do() -> None:
    with pytest.raises(UnsupportedType) as refusal:
        sniff(encoded(Image.new("RGB", (9, 9)), "TIFF"))
    assert str(refusal.value) == "This is a TIFF file. Save it as JPEG or PNG and upload it again."


def test_nothing_at_all_is_empty() -> None:
    with pytest.raises(EmptyFile):
        sniff(b"")


def test_a_pixel_flood_is_refused_from_its_first_bytes() -> None:
    header = sniff(png_claiming(65_500, 65_500))

    with pytest.raises(TooManyPixels, match="4,290 Mpx; the limit is 50") as refusal:
        check(header, max_pixels=50_000_000)
    assert refusal.value.code == "too_many_pixels"


@pytest.mark.parametrize(
    ("width", "claimed"), [(5_001, "50.01"), (5_010, "50.1"), (6_000, "60"), (50_000, "500"), (500_000, "5,000")]
)
def test_the_claim_is_always_shown_above_the_limit(width: int, claimed: str) -> None:
    with pytest.raises(TooManyPixels, match=f"has {claimed} Mpx; the limit is 50. "):
        check(sniff(png_claiming(width, 10_000)), max_pixels=50_000_000)


def test_as_many_pixels_as_the_limit_are_accepted() -> None:
    check(sniff(png_claiming(5_000, 10_000)), max_pixels=50_000_000)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("cat.png", ""),
        ("cat.PNG", ""),
        ("cat", ""),
        ("cat.2024", ""),
        (".png", ""),
        ("cat.jpg", "This is a PNG file named .jpg; it was stored as PNG."),
        ("cat.tar.JPEG", "This is a PNG file named .jpeg; it was stored as PNG."),
        ("cat.<b>", ""),
    ],
)
def test_a_wrong_extension_earns_a_note(name: str, note: str) -> None:
    assert name_note(name, sniff(png_claiming(1, 1))) == note


def test_a_stub_has_a_kind_and_no_size() -> None:
    header = sniff(b"\xff\xd8\xff\xe0\0\x10JFIF")
    assert (header.kind, header.width, header.height) == ("jpeg", 0, 0)


def test_polyglots_are_what_they_begin_with() -> None:
    picture = encoded(photograph(1, width=64, height=48, things=2))
    assert sniff(picture + b"PK\3\4<script>alert(1)</script>").kind == "jpeg"


@given(
    start=st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8", b"\0\0\0 ftyp"]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_told_or_refused(start: bytes, rest: bytes) -> None:
    try:
        header = sniff(start + rest)
    except (EmptyFile, UnsupportedType) as refusal:
        assert str(refusal)  # noqa: PT017 - both outcomes are right
    else:
        assert header.width >= 0
        assert header.height >= 0
        assert (header.width == 0) == (header.height == 0)


@given(cut=st.integers(min_value=0, max_value=1_000))
def test_a_head_cut_anywhere_never_gives_another_size(cut: int) -> None:
    whole = encoded(Image.new("RGB", (321, 123)), "JPEG")
    header = sniff(whole[: max(3, cut)])
    assert (header.width, header.height) in ((0, 0), (321, 123))


def test_the_web_process_needs_no_image_library() -> None:
    root = Path(__file__).resolve().parents[2]
    program = (
        "import sys, gallery.images.header as h; h.sniff(b'GIF89a');"
        "print(*sorted({'PIL', 'numpy', 'cv2', 'pillow_heif', 'pdqhash'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
