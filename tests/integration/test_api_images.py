"""Uploading and reading images through the API."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery.api.idempotency import ABANDONED_AFTER, KEPT_FOR
from gallery.models import ApiToken, IdempotencyKey, Image, User
from tests import factories, pictures
from tests.conftest import change_dedup


def jpeg(seed: int = 0, name: str = "") -> SimpleUploadedFile:
    content = pictures.encoded(pictures.photograph(seed, width=96, height=72, things=5), "JPEG")
    return SimpleUploadedFile(name or f"photo-{seed}.jpg", content, "image/jpeg")


@pytest.fixture
def program(lena: User, media: Path) -> Client:
    """A program of Lena's, with a token and nothing else."""
    _token, text = ApiToken.objects.issue(lena, name="camera")
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})


def send(client: Client, *files: SimpleUploadedFile, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/images", {"files": list(files)} if files else {}, headers=headers)


# --- Signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer dedup_wrong", "Basic bGVuYTpuaW5l"])
def test_without_a_token_nobody_gets_in(header: str, db: None) -> None:
    response = Client().get("/api/images", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_signed_in"


def test_only_the_hash_of_a_token_is_kept(lena: User) -> None:
    token, text = ApiToken.objects.issue(lena, name="camera")
    assert text not in [str(value) for value in vars(token).values()]
    assert ApiToken.objects.owner_of(text) == lena
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_a_token_ends_with_its_revocation_and_with_its_owner(lena: User) -> None:
    token, text = ApiToken.objects.issue(lena, name="camera")
    call_command("api_token", "lena", "--revoke", str(token.pk))
    assert ApiToken.objects.owner_of(text) is None
    _other, text = ApiToken.objects.issue(lena, name="camera")
    User.objects.filter(pk=lena.pk).update(is_active=False)
    assert ApiToken.objects.owner_of(text) is None


def test_the_command_makes_a_token_and_lists_it(lena: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("api_token", "lena", "--name", "camera")
    assert ApiToken.objects.owner_of(capsys.readouterr().out.strip()) == lena
    call_command("api_token", "lena", "--list")
    assert "camera\tlive" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no user"):
        call_command("api_token", "nobody")


def test_a_session_needs_the_csrf_token_to_change_anything(lena: User, media: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(lena)
    assert browser.get("/api/images").status_code == 200
    refused = send(browser, jpeg())
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    token = browser.get("/upload/").cookies["csrftoken"].value
    accepted = browser.post("/api/images", {"files": [jpeg()]}, headers={"X-CSRFToken": token})
    assert accepted.status_code == 202


# --- Uploading --------------------------------------------------------------------------------------------------------


def test_an_upload_is_accepted_and_waits(program: Client) -> None:
    response = send(program, jpeg(1), jpeg(2))
    assert response.status_code == 202
    first, second = response.json()["results"]
    assert (first["name"], first["status"], first["code"]) == ("photo-1.jpg", 202, "accepted")
    shown = program.get(f"/api/images/{second['image']}").json()
    assert (shown["status"], shown["owner"], shown["file"]["width"]) == ("waiting", "lena", 96)


def test_one_bad_file_never_fails_its_neighbours(program: Client) -> None:
    drawing = SimpleUploadedFile("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    response = send(program, jpeg(1), drawing, SimpleUploadedFile("empty.jpg", b"", "image/jpeg"))
    assert response.status_code == 207
    assert [result["status"] for result in response.json()["results"]] == [202, 415, 422]
    refused = program.get(f"/api/images/{response.json()['results'][1]['image']}").json()
    assert (refused["status"], refused["refusal_code"]) == ("refused", "unsupported_type")


def test_the_same_file_again_is_named_as_the_one_that_is_there(program: Client) -> None:
    first = send(program, jpeg(1)).json()["results"][0]
    response = send(program, jpeg(1, name="other.jpg"))
    assert response.status_code == 200
    again = response.json()["results"][0]
    assert (again["code"], again["image"]) == ("duplicate_of", first["image"])


def test_no_file_is_a_problem_with_a_sentence(program: Client) -> None:
    response = send(program)
    assert (response.status_code, response.json()["code"]) == (400, "no_file")
    assert set(response.json()) == {"type", "title", "status", "code", "detail"}


def test_more_files_than_are_taken_at_once_are_refused_together(program: Client, settings: Settings) -> None:
    change_dedup(settings, max_files=2)
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    for count in (3, 5):
        response = send(program, *[jpeg(seed) for seed in range(count)])
        assert (response.status_code, response.json()["code"]) == (413, "too_many_files")
    assert not Image.objects.exists()


def test_a_flood_of_uploads_is_told_when_to_come_back(program: Client, settings: Settings) -> None:
    change_dedup(settings, uploads_per_hour=1)
    assert send(program, jpeg(1)).status_code == 202
    response = send(program, jpeg(2))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


# --- Sent twice -------------------------------------------------------------------------------------------------------


def test_the_same_request_twice_has_one_effect_and_one_reply(program: Client) -> None:
    key = str(uuid4())
    first, second = send(program, jpeg(1), key=key), send(program, jpeg(1), key=key)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.json()["results"][0]["code"] == "accepted"
    assert Image.objects.count() == 1


def test_a_key_is_for_one_request(program: Client) -> None:
    key = str(uuid4())
    send(program, jpeg(1), key=key)
    response = send(program, jpeg(2), key=key)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key")
    assert send(program, jpeg(2), key="k" * 101).status_code == 422


def test_a_key_of_somebody_else_is_another_key(program: Client, otto: User) -> None:
    key = str(uuid4())
    send(program, jpeg(1), key=key)
    _token, text = ApiToken.objects.issue(otto, name="camera")
    other = Client(headers={"Authorization": f"Bearer {text}"})
    assert send(other, jpeg(2), key=key).status_code == 202


def test_while_the_first_is_at_work_the_second_waits(program: Client) -> None:
    key = str(uuid4())
    send(program, jpeg(1), key=key)
    IdempotencyKey.objects.update(status=0, body=None)  # as while it is being worked on
    response = send(program, jpeg(1), key=key)
    assert (response.status_code, response.json()["code"]) == (409, "in_progress")
    assert response["Retry-After"] == "2"


def test_a_request_that_died_is_done_by_the_next(program: Client) -> None:
    key = str(uuid4())
    send(program, jpeg(1), key=key)
    IdempotencyKey.objects.update(status=0, body=None, created_at=timezone.now() - 2 * ABANDONED_AFTER)
    assert send(program, jpeg(1), key=key).status_code == 200
    assert Image.objects.count() == 1


def test_a_request_that_failed_can_be_sent_again(program: Client) -> None:
    key = str(uuid4())
    assert send(program, key=key).status_code == 400
    assert not IdempotencyKey.objects.exists()


def test_a_reply_is_kept_for_a_day(program: Client) -> None:
    send(program, jpeg(1), key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - 2 * KEPT_FOR)
    send(program, jpeg(2), key="new")
    assert [kept.key for kept in IdempotencyKey.objects.all()] == ["new"]


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_the_list_is_own_and_goes_back_page_by_page(program: Client, lena: User, otto: User) -> None:
    ids = [factories.image(lena, seed=seed).public_id for seed in range(3)]
    factories.image(otto, seed=9)
    first = program.get("/api/images", {"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == [ids[2], ids[1]]
    second = program.get("/api/images", {"limit": 2, "after": first["next"]}).json()
    assert ([item["id"] for item in second["items"]], second["next"]) == ([ids[0]], None)
    assert first["items"][0]["possible_copy"] is False


def test_a_private_image_of_somebody_else_is_not_there(program: Client, otto: User) -> None:
    image = factories.image(otto, seed=9, visibility="private")
    response = program.get(f"/api/images/{image.public_id}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert program.get("/api/images/nothing").json() == response.json()


def test_a_merged_image_says_where_it_went(program: Client, lena: User) -> None:
    keeper = factories.image(lena, seed=1)
    absorbed = factories.image(lena, seed=2, standing="merged", merged_into=keeper)
    shown = program.get(f"/api/images/{absorbed.public_id}").json()
    assert (shown["status"], shown["merged_into"]) == ("merged", keeper.public_id)


def test_a_limit_out_of_range_names_the_field(program: Client) -> None:
    response = program.get("/api/images", {"limit": 0})
    assert (response.status_code, response.json()["code"]) == (422, "unprocessable")
    assert response.json()["errors"][0]["where"].endswith("limit")


# --- The description --------------------------------------------------------------------------------------------------


def test_every_operation_is_described_on_a_page_that_loads_nothing_from_elsewhere(client: Client, db: None) -> None:
    described = client.get("/api/openapi.json").json()
    page = client.get("/api/docs").content.decode()
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    assert "https://" not in page


def test_the_policy_in_force_can_be_read(program: Client) -> None:
    shown = program.get("/api/policy").json()
    assert (shown["version"], shown["rules"]["similarity_review"]) == (1, 0.95)


@pytest.mark.django_db(transaction=True)
def test_health_is_told_to_who_is_signed_in(program: Client, settings: Settings, redis_server: str) -> None:
    change_dedup(settings, redis_url=redis_server)
    found = {one["name"]: one["well"] for one in program.get("/api/health").json()["neighbours"]}
    assert found["database"]
    assert found["redis"]


@pytest.mark.parametrize("address", ["/api/imagess", "/api/images/", "/api/", "/api/v2/images/k7m2k7m2k7m2"])
def test_an_address_that_is_none_is_answered_in_the_same_shape(client: Client, address: str) -> None:
    for method in (client.get, client.post, client.delete):
        response = method(address)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "not_found"
