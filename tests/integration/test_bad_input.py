"""What is not a good picture, through both doors: the exact answer at once, and what becomes of it in the pipeline."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Opened

from gallery import embedders
from gallery.models import Image, OutboxEntry, Pair, User
from tests import hostile, pictures
from tests.doors import Door, arriving, body_of, door, files_in, words_of
from tests.uploading import work_off

__all__ = ["arriving", "door"]

pytestmark = [pytest.mark.django_db]

needs_network = pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed")

Stage = Image.Stage
MB = 1024 * 1024


def shown_to_its_owner(door: Door, image: Image) -> tuple[str, str]:
    """The code that programs read and the sentence that people read, each where they look for it."""
    if door.kind == "api":
        found = door.client.get(f"/api/images/{image.public_id}", headers={"Authorization": f"Bearer {door.token}"})
        return found.json()["refusal_code"], found.json()["refusal"]
    page = door.client.get("/uploads/?show=refused").content.decode()
    return Image.objects.get(pk=image.pk).refusal_code, words_of(page)


# --- Refused at the door ----------------------------------------------------------------------------------------------

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="file:///etc/passwd"/></svg>'
SAVE_AS = "Save it as JPEG or PNG and upload it again."
CHOOSE = "Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC file."

AT_THE_DOOR: dict[str, tuple[str, Callable[[], bytes], int, str, str]] = {
    "nothing": (
        "empty.jpg",
        bytes,
        422,
        "empty",
        "This file is empty. Look whether it opens on your device and upload it again.",
    ),
    "pixel flood": (
        "flood.png",
        lambda: hostile.png_claiming(65_500, 65_500),
        422,
        "too_many_pixels",
        "The picture has 4,290 Mpx; the limit is 50. Scale it down and upload it again.",
    ),
    "169 Mpx of one bit": (
        "white.png",
        lambda: hostile.png_of_megapixels(13_000, 13_000),
        422,
        "too_many_pixels",
        "The picture has 169 Mpx; the limit is 50. Scale it down and upload it again.",
    ),
    "SVG": ("photo.jpg", lambda: SVG, 415, "unsupported_type", f"This is an SVG drawing. {SAVE_AS}"),
    "HTML": (
        "photo.jpg",
        lambda: b"<!doctype html><script>alert(1)</script>",
        415,
        "unsupported_type",
        f"This is a web page, not a picture. {CHOOSE}",
    ),
    "EPS": ("photo.jpg", lambda: EPS, 415, "unsupported_type", f"This is an EPS drawing. {SAVE_AS}"),
    "TIFF": (
        "photo.jpg",
        lambda: pictures.encoded(hostile.photo(), "TIFF"),
        415,
        "unsupported_type",
        f"This is a TIFF file. {SAVE_AS}",
    ),
    "JPEG XL": (
        "photo.jxl",
        lambda: b"\xff\x0a" + bytes(200),
        415,
        "unsupported_type",
        f"This is a JPEG XL file. {SAVE_AS}",
    ),
    "ZIP": (
        "photo.png",
        lambda: b"PK\3\4" + bytes(60),
        415,
        "unsupported_type",
        f"This is a ZIP archive, not a picture. {CHOOSE}",
    ),
    "25 MB and a byte": (
        "large.jpg",
        lambda: hostile.jpeg().ljust(25 * MB + 1, b"\0"),
        413,
        "too_large",
        "This file is larger than 25 MB. Save it smaller and upload it again.",
    ),
}


@pytest.mark.parametrize("kind", AT_THE_DOOR)
def test_what_cannot_be_taken_is_refused_at_the_door(kind: str, door: Door, media: Path) -> None:
    name, make, status, code, sentence = AT_THE_DOOR[kind]
    answer = door.send(name, make())
    assert (answer.status, answer.code) == (status, code)
    assert sentence in answer.sentence
    assert answer.image is not None
    assert answer.image.stage == Stage.REJECTED
    told, words = shown_to_its_owner(door, answer.image)
    assert told == code
    assert sentence in words
    assert not OutboxEntry.objects.exists()
    assert files_in(media) == []


def test_a_file_of_exactly_the_limit_is_taken(door: Door) -> None:
    assert door.send("large.jpg", hostile.jpeg().ljust(25 * MB, b"\0")).status == 202


def test_no_file_is_said(door: Door) -> None:
    response = door.post([])
    assert response.status_code == 400
    sentence = "There was no file in the upload. Choose one or more images and send them again."
    assert sentence in response.content.decode()
    if door.kind == "api":
        assert response.json()["code"] == "no_file"
    assert not Image.objects.exists()


@pytest.mark.parametrize("count", [101, 102, 300])
def test_more_than_a_hundred_files_name_the_limit(door: Door, count: int) -> None:
    response = door.post([SimpleUploadedFile(f"{number}.jpg", b"x") for number in range(count)])
    assert response.status_code == 413
    assert "100" in response.content.decode()
    if door.kind == "api":
        assert response.json()["code"] == "too_many_files"
    assert not Image.objects.exists()


def test_a_hundred_files_at_once_are_taken_one_by_one(door: Door) -> None:
    response = door.post([SimpleUploadedFile(f"{number}.txt", b"words") for number in range(100)])
    assert response.status_code == 415
    assert Image.objects.filter(refusal_code="unsupported_type").count() == 100


# --- Accepted, and refused when it is opened --------------------------------------------------------------------------

ENDS_EARLY = "The file ends early; upload it again."

WHEN_OPENED: dict[str, tuple[str, Callable[[], bytes], str, str]] = {
    "truncated JPEG": ("cut.jpg", lambda: hostile.jpeg()[:-900], "truncated", ENDS_EARLY),
    "truncated PNG": ("cut.png", lambda: hostile.png()[:-900], "truncated", ENDS_EARLY),
    "stub": ("stub.jpg", lambda: b"\xff\xd8\xff\xe0\0\x10JFIF", "truncated", ENDS_EARLY),
    "bad checksum": ("bad.png", hostile.damaged_png, "truncated", "The file was damaged on its way; upload it again."),
    "text bomb": (
        "bomb.png",
        hostile.text_bomb,
        "metadata_too_large",
        "The file carries far more chunks of metadata than a picture needs. Save it without them and upload it again.",
    ),
    "a size that the pixels outgrow": (
        "grows.gif",
        lambda: b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(6) + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;",
        "too_many_pixels",
        "Scale it down and upload it again.",
    ),
}


@pytest.mark.parametrize("kind", WHEN_OPENED)
def test_what_cannot_be_opened_is_refused_with_a_sentence_and_not_kept(kind: str, door: Door, media: Path) -> None:
    name, make, code, sentence = WHEN_OPENED[kind]
    answer = door.send(name, make())
    assert (answer.status, answer.code) == (202, "accepted")
    assert answer.image is not None
    started = time.monotonic()
    work_off()
    assert time.monotonic() - started < 20
    told, words = shown_to_its_owner(door, answer.image)
    assert told == code
    assert sentence in words
    assert Image.objects.get(pk=answer.image.pk).stage == Stage.REJECTED
    assert not OutboxEntry.objects.exists()
    assert files_in(media) == []
    assert door.client.get(f"/media/{answer.image.public_id}/original/").status_code in (302, 404)


def test_a_refused_file_can_be_sent_again(door: Door) -> None:
    first = door.send("cut.jpg", hostile.jpeg()[:-900])
    work_off()
    again = door.send("cut.jpg", hostile.jpeg()[:-900])
    assert again.code == "accepted"
    assert again.image != first.image


# --- Accepted, odd as it is -------------------------------------------------------------------------------------------


def modern(kind: str) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    return pictures.encoded(hostile.photo(6), kind, quality=80)


ACCEPTED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "JPEG and ZIP": ("photo.jpg", hostile.zip_and_jpeg, ""),
    "JPEG and HTML": ("photo.jpg", hostile.page_and_jpeg, ""),
    "wrong extension": (
        "photo.png",
        lambda: hostile.jpeg(7),
        "This is a JPEG file named .png; it was stored as JPEG.",
    ),
    "PNG named HTML": (
        "page.html",
        lambda: hostile.png(8),
        "This is a PNG file named .html; it was stored as PNG.",
    ),
    "GPS, author, thumbnail": ("photo.jpg", hostile.telling_jpeg, ""),
    "text in chunks": ("photo.png", hostile.png_with_text, ""),
    "5,000 frames": ("endless.gif", hostile.endless_gif, ""),
    "APNG": ("moving.png", lambda: hostile.animated("PNG"), ""),
    "animated GIF": ("moving.gif", lambda: hostile.animated("GIF"), ""),
    "animated WebP": ("moving.webp", lambda: hostile.animated("WEBP"), ""),
    "CMYK": ("print.jpg", lambda: hostile.in_mode("CMYK")[0], ""),
    "palette with alpha": ("palette.png", lambda: hostile.in_mode("P")[0], ""),
    "16 bits": ("scan.png", lambda: hostile.in_mode("I;16")[0], ""),
    "grey with alpha": ("grey.png", lambda: hostile.in_mode("LA")[0], ""),
    "one bit": ("fax.png", lambda: hostile.in_mode("1")[0], ""),
    "AVIF": ("photo.avif", lambda: modern("AVIF"), ""),
    "HEIC": ("photo.heic", lambda: modern("HEIF"), ""),
    "one pixel": ("dot.png", lambda: pictures.encoded(pictures.plain(width=1, height=1), "PNG"), ""),
    "a line": ("line.png", lambda: pictures.encoded(pictures.plain(width=4000, height=1), "PNG"), ""),
}


@needs_network
@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_is_odd_is_accepted_and_only_clean_copies_are_shown(kind: str, lena: User, media: Path) -> None:
    name, make, note = ACCEPTED[kind]
    content = make()
    answer = Door(lena, "api").send(name, content)
    assert (answer.status, answer.code, answer.sentence) == (202, "accepted", note)
    started = time.monotonic()
    work_off()
    assert time.monotonic() - started < 20
    image = Image.objects.get()
    assert (image.stage, image.refusal) == (Stage.COMPARED, "")
    client = Client()
    client.force_login(lena)
    for rendition in ("thumb", "view"):
        response = client.get(f"/media/{image.public_id}/{rendition}/")
        shown = body_of(response)
        assert response["Content-Type"] == "image/jpeg"
        assert_is_clean(shown)
    original = client.get(f"/media/{image.public_id}/original/")
    assert body_of(original) == content
    assert original["Content-Disposition"].startswith("attachment")
    assert original["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in original["Content-Security-Policy"]


def assert_is_clean(shown: bytes) -> None:
    """Nothing but the picture: no EXIF, no profile, no comment, nothing behind its end."""
    opened = Opened.open(io.BytesIO(shown))
    opened.load()
    assert not dict(opened.getexif())
    assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(opened.info)
    for told in (b"Mustermann", b"onerror", b"<script", b"<?php", b"GPS", b"Exif"):
        assert told not in shown


@needs_network
def test_sixteen_bits_and_eight_bits_of_one_picture_are_one_picture(lena: User, media: Path) -> None:
    door = Door(lena, "api")
    grey = np.asarray(Opened.fromarray(hostile.photo(5)).convert("L"))
    door.send("eight.png", pictures.encoded(Opened.fromarray(grey), "PNG"))
    door.send("sixteen.png", hostile.in_mode("I;16")[0])
    door.send("cmyk.jpg", hostile.in_mode("CMYK")[0])
    work_off()
    pair = Pair.objects.get(left__file__original_name="eight.png", right__file__original_name="sixteen.png")
    assert pair.same_pixels


@needs_network
@pytest.mark.parametrize("orientation", [2, 3, 6, 7])
def test_a_copy_that_is_only_turned_by_exif_is_found(orientation: int, lena: User, otto: User, media: Path) -> None:
    undone = {
        2: Opened.Transpose.FLIP_LEFT_RIGHT,
        3: Opened.Transpose.ROTATE_180,
        6: Opened.Transpose.ROTATE_90,
        7: Opened.Transpose.TRANSVERSE,
    }
    upright = Opened.fromarray(hostile.photo(9, width=320, height=240))
    exif = Opened.Exif()
    exif[0x0112] = orientation
    Door(lena, "api").send("upright.png", pictures.encoded(upright, "PNG"))
    turned = upright.transpose(undone[orientation])
    Door(otto, "api").send("turned.jpg", pictures.encoded(turned, exif=exif, quality=92))
    work_off()
    assert Pair.objects.get().state == Pair.State.OPEN
