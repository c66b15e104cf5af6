"""The same again, and too much of it: copies, races, floods and guesses."""

from pathlib import Path
from typing import Literal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from gallery.models import Image, User
from tests import hostile
from tests.conftest import change_dedup
from tests.doors import Door, arriving, at_once, door, files_in

__all__ = ["arriving", "door"]

pytestmark = [pytest.mark.django_db]

Stage = Image.Stage

# --- The same file again ----------------------------------------------------------------------------------------------


def test_the_same_file_again_is_the_one_that_is_there(door: Door) -> None:
    first = door.send("sea.jpg", hostile.jpeg(1))
    again = door.send("other.jpg", hostile.jpeg(1))
    assert (again.status, again.code) == (200, "duplicate_of")
    assert again.image == first.image
    assert Image.objects.count() == 1


def test_nobody_is_told_that_somebody_else_has_the_file(door: Door, otto: User) -> None:
    theirs = Door(otto, "api").send("secret-title.jpg", hostile.jpeg(1))
    assert theirs.image is not None
    answer = door.send("mine.jpg", hostile.jpeg(1))
    assert (answer.status, answer.code) == (202, "accepted")
    assert answer.image != theirs.image
    for told in ("otto", "secret-title", theirs.image.public_id):
        assert told not in answer.sentence


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["page", "api"])
def test_the_same_file_many_times_at_once_is_one_image(kind: Literal["page", "api"], lena: User, media: Path) -> None:
    doors = [Door(lena, kind) for _number in range(6)]
    content = hostile.jpeg(1)
    responses = at_once(*(lambda door=door: door.post([SimpleUploadedFile("sea.jpg", content)]) for door in doors))
    assert sorted(response.status_code for response in responses)[0] in (200, 202)
    assert {response.status_code for response in responses} <= {200, 202}
    assert Image.objects.count() == 1
    assert Image.objects.get().stage == Stage.STORED
    assert len(files_in(media)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_many_times_at_once_has_one_effect_and_one_reply(lena: User, media: Path) -> None:
    doors = [Door(lena, "api") for _number in range(6)]
    content = hostile.jpeg(1)
    key = {"Idempotency-Key": "the same"}
    responses = at_once(
        *(lambda door=door: door.post([SimpleUploadedFile("sea.jpg", content)], **key) for door in doors)
    )
    assert {response.status_code for response in responses} <= {202, 409}
    replies = [response.json() for response in responses if response.status_code == 202]
    assert replies
    assert all(reply == replies[0] for reply in replies)
    assert replies[0]["results"][0]["code"] == "accepted"
    assert all(response["Retry-After"] for response in responses if response.status_code == 409)
    assert Image.objects.count() == 1
    repeated = doors[0].post([SimpleUploadedFile("sea.jpg", content)], **key)
    assert (repeated.status_code, repeated.json()) == (202, replies[0])


# --- Floods -----------------------------------------------------------------------------------------------------------


def test_a_flood_of_uploads_is_told_when_to_come_back(door: Door, settings: Settings, media: Path) -> None:
    change_dedup(settings, uploads_per_hour=3)
    for seed in range(3):
        assert door.send(f"{seed}.jpg", hostile.jpeg(seed)).status == 202
    response = door.post([SimpleUploadedFile("4.jpg", hostile.jpeg(4))])
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "You have uploaded 3 images within the hour, which is the limit. Go on in a while." in (
        response.content.decode()
    )
    if door.kind == "api":
        assert response.json()["code"] == "too_many_uploads"
    assert Image.objects.count() == 3
    assert len(files_in(media)) == 3


def test_the_flood_of_one_holds_up_nobody_else(lena: User, otto: User, media: Path, settings: Settings) -> None:
    change_dedup(settings, uploads_per_hour=1)
    assert Door(lena, "api").send("1.jpg", hostile.jpeg(1)).status == 202
    assert Door(otto, "api").send("1.jpg", hostile.jpeg(1)).status == 202


def test_refused_files_count_towards_the_limit_too(door: Door, settings: Settings) -> None:
    change_dedup(settings, uploads_per_hour=2)
    for number in range(2):
        assert door.send(f"{number}.txt", b"words").status == 415
    assert door.post([SimpleUploadedFile("3.txt", b"words")]).status_code == 429


def test_guessing_a_password_ends_in_a_wait_for_this_name_and_place(lena: User, otto: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    guesser = Client()
    statuses = [
        guesser.post("/login/", {"username": "lena", "password": f"guess {number}"}).status_code for number in range(5)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    right = guesser.post("/login/", {"username": "lena", "password": "nine brown foxes"})
    assert right.status_code == 429
    assert "_auth_user_id" not in guesser.session
    assert guesser.post("/login/", {"username": "otto", "password": "nine brown foxes"}).status_code == 302
