"""The two ways in that an upload can take, and what tests ask of both."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from pytest_django import Settings

from gallery.models import ApiToken, Image, User


@dataclass(frozen=True)
class Answer:
    """What a door said of one file."""

    status: int
    code: str
    sentence: str
    image: Image | None


class Door:
    """A way in for Lena: the page's form as its script sends it, or the API as a program calls it."""

    def __init__(self, by: User, kind: Literal["page", "api"]) -> None:
        self.by, self.kind = by, kind
        self.client = Client(enforce_csrf_checks=kind == "api")
        if kind == "page":
            self.client.force_login(by)
        else:
            _token, self.token = ApiToken.objects.issue(by, name="camera")

    def post(self, files: list[SimpleUploadedFile], **headers: str) -> Any:
        if self.kind == "page":
            return self.client.post("/upload/", {"files": files, "rows": "1"})
        return self.client.post(
            "/api/images", {"files": files}, headers={"Authorization": f"Bearer {self.token}", **headers}
        )

    def send(self, name: str, content: bytes) -> Answer:
        """Send one file. On the page its code is read off its row, which is where the page keeps it."""
        before = set(Image.objects.values_list("pk", flat=True))
        response = self.post([SimpleUploadedFile(name, content, "image/jpeg")])
        image = Image.objects.exclude(pk__in=before).first()
        if self.kind == "api":
            (result,) = response.json()["results"]
            assert result["status"] == response.status_code
            known = Image.objects.filter(public_id=result["image"]).first()
            return Answer(response.status_code, result["code"], result["detail"], known)
        words = words_of(response.content.decode())
        code = (image.refusal_code if image else "duplicate_of") or "accepted"
        return Answer(response.status_code, code, words, image or Image.objects.last())


@pytest.fixture
def arriving(settings: Settings, tmp_path: Path) -> Path:
    """Where uploads lie while they arrive."""
    folder = tmp_path / "arriving"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    return folder


@pytest.fixture(params=["page", "api"])
def door(request: pytest.FixtureRequest, lena: User, media: Path, arriving: Path) -> Iterator[Door]:
    yield Door(lena, request.param)
    assert list(arriving.iterdir()) == []


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def words_of(html: str) -> str:
    """The text of a page, as it is read."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def body_of(response: Any) -> bytes:
    """The whole answer, also of one that is streamed; its file is closed."""
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Results of calls that start at the same moment, each in a thread of its own."""
    results: list[Any] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = calls[number]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
