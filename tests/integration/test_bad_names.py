"""File names and forms that heed no rule."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.models import Image, User
from tests import hostile
from tests.doors import Door, arriving, door, files_in

__all__ = ["arriving", "door"]

pytestmark = [pytest.mark.django_db]

RTL = "\u202e"
NAMES = {
    "../../../etc/cron.d/x.jpg": "x.jpg",
    "..\\..\\windows\\x.jpg": "x.jpg",
    "nul\0byte.jpg": "nulbyte.jpg",
    f"photo{RTL}gpj.exe": "photogpj.exe",
    "\u2066photo\u2069.jpg": "photo.jpg",
    "line\r\nX-Injected: 1.jpg": "lineX-Injected: 1.jpg",
    "cafe\u0301.jpg": "café.jpg",
    "🦊 in the snow.jpg": "🦊 in the snow.jpg",
    hostile.SCRIPT + ".jpg": hostile.SCRIPT + ".jpg",
}


@pytest.mark.parametrize("sent", NAMES)
def test_a_name_is_shown_as_text_and_never_becomes_a_path(sent: str, door: Door, lena: User, media: Path) -> None:
    response = post_named(door, sent, hostile.jpeg(1))
    assert response.status_code == 202
    image = Image.objects.get()
    assert image.file is not None
    assert image.file.original_name == NAMES[sent]
    (kept,) = files_in(media)
    assert kept.relative_to(media).parts[0] == "originals"
    assert kept.name == f"{image.public_id}.jpg"
    reader = Client()
    reader.force_login(lena)
    page = reader.get("/uploads/").content.decode()
    assert hostile.SCRIPT not in page
    assert not set("\u202e\u2066\u2069\0\r") & set(page)
    assert re.search(r"<bdi>[^<]*" + re.escape(escaped(NAMES[sent])[:20]), page)
    original = reader.get(f"/media/{image.public_id}/original/")
    original.close()
    assert original.status_code == 200
    assert original["Content-Disposition"].startswith("attachment")
    assert "X-Injected" not in original.headers


def test_a_name_of_six_hundred_characters_is_cut_and_keeps_its_type(door: Door) -> None:
    assert post_named(door, "n" * 600 + ".jpg", hostile.jpeg(1)).status_code == 202
    name = Image.objects.get().name
    assert len(name) <= 200
    assert name.endswith(".jpg")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post_named(door: Door, name: str, content: bytes) -> Any:
    """A form with a file of any name, as a program that heeds no rule would send it."""
    edge = b"--an-edge-that-is-in-no-picture"
    told = name.replace("\\", "\\\\").replace('"', "%22").encode()
    body = edge + b'\r\nContent-Disposition: form-data; name="rows"\r\n\r\n1\r\n' + edge
    if b"\r" in told or b"\n" in told:
        told = told.replace(b"\r", b"%0D").replace(b"\n", b"%0A")  # no header can hold them
        name_part = b"filename*=UTF-8''" + told.replace(b" ", b"%20")
    else:
        name_part = b'filename="' + told + b'"'
    body += b'\r\nContent-Disposition: form-data; name="files"; ' + name_part
    body += b"\r\nContent-Type: image/jpeg\r\n\r\n" + content + b"\r\n" + edge + b"--\r\n"
    address = "/upload/" if door.kind == "page" else "/api/images"
    headers = {} if door.kind == "page" else {"Authorization": f"Bearer {door.token}"}
    kind = f"multipart/form-data; boundary={edge[2:].decode()}"
    return door.client.generic("POST", address, body, content_type=kind, headers=headers)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no edge"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="files"; filename="a'),
        ("multipart/form-data; boundary=" + "x" * 500, b"--x"),
        ("multipart/form-data; boundary=x", b""),
        ("application/json", b"{"),
        ("text/plain", b"\xff\xfe\x00"),
    ],
)
def test_a_broken_form_is_told_off_and_nothing_else(kind: str, body: bytes, door: Door) -> None:
    headers = {} if door.kind == "page" else {"Authorization": f"Bearer {door.token}"}
    address = "/upload/" if door.kind == "page" else "/api/images"
    response = door.client.generic("POST", address, body, content_type=kind, headers=headers)
    assert response.status_code == 400
    assert not Image.objects.exists()
