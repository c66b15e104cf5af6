"""Uploading through the page, with its script and without, and following what becomes of it."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from gallery.models import Image, OutboxEntry, User
from tests import factories, pictures
from tests.conftest import change_dedup

pytestmark = pytest.mark.django_db

Stage = Image.Stage


def photo(name: str = "sea.jpg", seed: int = 0) -> SimpleUploadedFile:
    content = pictures.encoded(pictures.photograph(seed, width=64, height=48, things=6))
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def a_file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")


@pytest.fixture
def page(client: Client, lena: User, media: Path) -> Client:
    client.force_login(lena)
    return client


def send(page: Client, *files: SimpleUploadedFile, rows: bool = False) -> tuple[int, str]:
    """The status and the text of the answer to a form with ``files``; a redirect is followed."""
    form: dict[str, object] = {"files": list(files)}
    if rows:
        form["rows"] = "1"
    response = page.post("/upload/", form, follow=not rows)
    return response.status_code, response.content.decode()


def test_a_form_without_the_script_leads_to_the_list(page: Client, lena: User) -> None:
    status, text = send(page, photo("sea.jpg", 1), photo("boat.jpg", 2))
    assert status == 200
    assert "2 images received." in text
    assert "sea.jpg" in text
    assert "boat.jpg" in text
    assert Image.objects.filter(owner=lena, stage=Stage.STORED).count() == 2
    assert OutboxEntry.objects.filter(topic="ingest").count() == 2


def test_the_script_gets_the_row_it_shows(page: Client) -> None:
    status, text = send(page, photo(), rows=True)
    image = Image.objects.get()
    assert status == 202
    assert f'id="row-{image.public_id}"' in text
    assert f'value="{image.public_id}:received"' in text
    assert "<html" not in text


def test_one_bad_file_does_not_fail_its_neighbours(page: Client) -> None:
    status, text = send(page, a_file("empty.jpg", b""), photo("sea.jpg"))
    assert status == 200
    assert "1 image received. 1 was refused; the list says why." in text
    assert "This file is empty." in text


def test_the_same_file_again_is_one_image(page: Client) -> None:
    send(page, photo("sea.jpg", 3), rows=True)
    status, text = send(page, photo("copy-of-sea.jpg", 3), rows=True)
    assert status == 200
    assert "You uploaded this file before." in text
    assert Image.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "status", "sentence"),
    [
        ("empty.jpg", b"", 422, "This file is empty."),
        ("scan.jpg", b"II*\x00\x08\x00\x00\x00" + bytes(64), 415, "TIFF"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 415, "SVG"),
        ("page.html", b"<!doctype html><title>x</title>", 415, "web page"),
        ("report.pdf", b"%PDF-1.7\n" + bytes(64), 415, "PDF"),
        ("large.jpg", bytes(3 * 1024 * 1024), 413, "larger than 2 MB"),
    ],
    ids=["empty", "tiff", "svg", "html", "pdf", "large"],
)
def test_a_file_that_is_not_taken_is_answered_at_the_door(
    page: Client, settings: Settings, name: str, content: bytes, status: int, sentence: str
) -> None:
    change_dedup(settings, max_upload_bytes=2 * 1024 * 1024)
    answered, text = send(page, a_file(name, content), rows=True)
    assert answered == status
    assert sentence in text
    assert name in text
    image = Image.objects.get()
    assert image.stage == Stage.REJECTED
    assert not OutboxEntry.objects.exists()
    assert sentence in page.get("/uploads/?show=refused").content.decode()


def test_a_form_without_a_file_says_so(page: Client) -> None:
    status, text = send(page)
    assert status == 400
    assert "There was no file in the upload." in text
    assert "Choose images" in text


@pytest.mark.parametrize("count", [101, 150])
def test_too_many_files_name_the_limit(page: Client, count: int) -> None:
    files = [a_file(f"{number}.jpg", b"x") for number in range(count)]
    response = page.post("/upload/", {"files": files})
    assert response.status_code == 413
    assert "100" in response.content.decode()
    assert not Image.objects.exists()


def test_a_flood_is_told_when_to_go_on(page: Client, settings: Settings) -> None:
    change_dedup(settings, uploads_per_hour=1)
    send(page, photo("one.jpg", 1))
    response = page.post("/upload/", {"files": [photo("two.jpg", 2)], "rows": "1"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "two.jpg" in response.content.decode()


def test_of_a_file_that_is_too_large_no_more_than_the_limit_is_kept(page: Client, settings: Settings) -> None:
    change_dedup(settings, max_upload_bytes=1024 * 1024)
    send(page, a_file("huge.jpg", bytes(8 * 1024 * 1024)), rows=True)
    file = Image.objects.get().file
    assert file is not None
    assert 1024 * 1024 < file.bytes < 2 * 1024 * 1024


def test_names_and_titles_are_text_and_nothing_else(page: Client, lena: User) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    factories.image(lena, title=hostile)
    _, text = send(page, photo("a<b>&.jpg"))
    assert hostile not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "a&lt;b&gt;&amp;.jpg" in text


# --- My uploads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        (Stage.STORED, "Received"),
        (Stage.DECODED, "Being read…"),
        (Stage.SEARCHED, "Being compared…"),
        (Stage.COMPARED, "No copy found"),
    ],
)
def test_each_stage_has_its_word(page: Client, lena: User, stage: str, word: str) -> None:
    factories.image(lena, stage=stage)
    assert word in page.get("/uploads/").content.decode()


def test_the_list_asks_again_only_while_something_waits(page: Client, lena: User) -> None:
    factories.image(lena, seed=1)
    assert "data-poll" not in page.get("/uploads/").content.decode()
    factories.image(lena, seed=2, stage=Stage.STORED)
    assert "data-poll" in page.get("/uploads/").content.decode()


def test_a_poll_brings_only_rows_that_moved_on_and_then_stops(page: Client, lena: User) -> None:
    moved = factories.image(lena, seed=1, stage=Stage.DECODED, title="moved")
    stays = factories.image(lena, seed=2, stage=Stage.STORED, title="stays")
    asked = {"waiting": [f"{moved.public_id}:received", f"{stays.public_id}:received"]}
    response = page.post("/uploads/progress/", asked)
    text = response.content.decode()
    assert response.status_code == 200
    assert "moved" in text
    assert "stays" not in text
    assert 'hx-swap-oob="true"' in text

    asked = {"waiting": [f"{moved.public_id}:read", f"{stays.public_id}:received"]}
    assert page.post("/uploads/progress/", asked).status_code == 204

    Image.objects.update(stage=Stage.COMPARED)
    assert page.post("/uploads/progress/", asked).status_code == 286


def test_a_poll_brings_a_row_that_was_clear_when_a_later_one_is_its_copy(page: Client, lena: User) -> None:
    older, newer = factories.image(lena, seed=5, title="older"), factories.image(lena, seed=5, quality=60)
    asked = {"shown": [f"{older.public_id}:clear"], "waiting": [f"{newer.public_id}:compared"]}
    assert "older" not in page.post("/uploads/progress/", asked).content.decode()
    factories.case(older, newer)
    text = page.post("/uploads/progress/", asked).content.decode()
    assert text.count("Looks like one you uploaded") == 2
    assert f'name="shown" value="{older.public_id}:copy-{newer.pk}"' in text


def test_a_poll_says_nothing_of_other_peoples_images(page: Client, otto: User) -> None:
    theirs = factories.image(otto, stage=Stage.DECODED, title="theirs")
    response = page.post("/uploads/progress/", {"waiting": [f"{theirs.public_id}:received"]})
    assert "theirs" not in response.content.decode()


def test_a_copy_of_an_own_image_is_shown_with_the_reason(page: Client, lena: User) -> None:
    older = factories.image(lena, seed=5, title="autumn path")
    newer = factories.image(lena, seed=5, quality=60, title="the edit")
    factories.case(older, newer)
    text = page.get("/uploads/").content.decode()
    assert "Looks like one you uploaded" in text
    assert text.count('class="below twin"') == 1
    assert older.thumb_url in text


def test_a_copy_of_somebody_elses_image_gives_nothing_away(page: Client, lena: User, otto: User) -> None:
    theirs = factories.image(otto, seed=5, title="a secret title")
    mine = factories.image(lena, seed=5, quality=60)
    factories.case(theirs, mine)
    text = page.get("/uploads/?show=copies").content.decode()
    assert "Possible copy" in text
    assert "A moderator is looking at it." in text
    assert "a secret title" not in text
    assert theirs.public_id not in text


def test_a_decided_pair_is_no_longer_a_possible_copy(page: Client, lena: User, otto: User) -> None:
    case = factories.case(factories.image(otto, seed=5), factories.image(lena, seed=5, quality=60))
    case.pairs.update(state="different")
    assert "No copy found" in page.get("/uploads/").content.decode()


def test_older_uploads_are_a_page_away(page: Client, lena: User) -> None:
    Image.objects.bulk_create([Image(owner=lena, title=f"no. {number:03}") for number in range(45)])
    first = page.get("/uploads/")
    text = first.content.decode()
    assert "no. 044" in text
    assert "no. 004" not in text
    older = page.get("/uploads/" + first.context["page"].older).content.decode()
    assert "no. 004" in older
    assert "no. 005" not in older


def test_the_size_of_a_library_does_not_change_the_number_of_questions(
    page: Client, lena: User, django_assert_max_num_queries: object
) -> None:
    factories.image(lena, seed=1)
    page.get("/uploads/")
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # pytest-django's fixture has no public type
        page.get("/uploads/")
    Image.objects.bulk_create([Image(owner=lena, title=f"no. {number}") for number in range(30)])
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # as above
        page.get("/uploads/")


def test_an_empty_list_says_what_it_is_for(page: Client) -> None:
    assert "Nothing uploaded yet" in page.get("/uploads/").content.decode()


def test_a_stream_may_be_uploaded_in_chunks(page: Client) -> None:
    large = io.BytesIO(pictures.encoded(pictures.photograph(9, width=900, height=700), "PNG"))
    response = page.post("/upload/", {"files": [SimpleUploadedFile("large.png", large.getvalue())], "rows": "1"})
    assert response.status_code == 202
    file = Image.objects.get().file
    assert file is not None
    assert file.bytes == len(large.getvalue())
