"""What every answer says to browsers, whatever it answers: pages, pictures, problems, programs, the admin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from gallery.detection import policies
from gallery.models import Image, Policy, User
from tests import factories
from tests.doors import body_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(lena: User, media: Path) -> Image:
    return factories.image(lena, seed=1)


def visited(user: User | None, address: str, **options: Any) -> Any:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    response = client.get(address, **options)
    body_of(response)
    return response


def assert_guarded(response: Any) -> None:
    """The four headers that every answer has."""
    policy = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] in ("'self'", "'none'")
    for words in policy.values():
        for loose in ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "data:", "*", "http"):
            assert loose not in words
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


ADDRESSES = [
    "/",
    "/login/",
    "/upload/",
    "/uploads/",
    "/uploads/progress/",
    "/preferences/",
    "/i/{id}/",
    "/i/{id}/edit/",
    "/i/nothing/",
    "/media/{id}/thumb/",
    "/media/{id}/view/",
    "/media/{id}/original/",
    "/media/{id}/other/",
    "/media/nothing/thumb/",
    "/review/",
    "/review/999/",
    "/images/",
    "/decisions/",
    "/verdicts/",
    "/api/docs",
    "/api/openapi.json",
    "/api/images",
    "/api/images/{id}",
    "/api/images/nothing",
    "/api/cases",
    "/api/no/such/operation",
    "/admin/",
    "/admin/login/",
    "/admin/jsi18n/",
    "/admin/gallery/image/",
    "/admin/gallery/policy/",
    "/admin/gallery/no/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/no/such/page/",
    "/no/such/page",
]


@pytest.mark.parametrize("who", ["nobody", "lena", "mara", "ada"])
def test_every_answer_is_guarded(who: str, image: Image, lena: User, mara: User, ada: User) -> None:
    user = {"lena": lena, "mara": mara, "ada": ada}.get(who)
    for address in ADDRESSES:
        assert_guarded(visited(user, address.format(id=image.public_id)))


@pytest.mark.parametrize("address", ["/static/css/tokens.css", "/static/js/site.js", "/static/vendor/htmx.min.js"])
def test_what_is_sent_as_a_file_of_the_site_is_not_guessed_at(address: str, settings: Settings) -> None:
    settings.STATIC_ROOT = settings.BASE_DIR / "static"
    response = visited(None, address)
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_every_tuning_page_is_guarded(ada: User) -> None:
    draft = policies.draft_from(Policy.objects.in_force(), ada)
    assert_guarded(visited(ada, f"/admin/gallery/policy/{draft.pk}/tune/"))


def too_many(client: Client) -> Any:
    return client.post("/upload/", {"files": [SimpleUploadedFile(f"{n}.jpg", b"x") for n in range(150)]})


def an_old_form(client: Client) -> Any:
    return Client(enforce_csrf_checks=True).post("/login/", {"username": "lena"})


def too_many_fields(client: Client) -> Any:
    return client.post("/upload/", {f"field{n}": "x" for n in range(1_100)})


def too_much_text(client: Client) -> Any:
    return client.post("/preferences/", {"appearance": "x" * 3_000_000})


def a_refused_file(client: Client) -> Any:
    return client.post("/upload/", {"files": [SimpleUploadedFile("a.svg", b"<svg/>")], "rows": "1"})


def a_broken_body(client: Client) -> Any:
    return client.post("/api/decisions", b"{" * 5_000, content_type="application/json")


def a_foreign_host(client: Client) -> Any:
    return client.get("/login/", headers={"host": "evil.example"})


def a_wrong_method(client: Client) -> Any:
    return client.delete("/upload/")


PROBLEMS: dict[Callable[[Client], Any], int] = {
    too_many: 413,
    an_old_form: 403,
    too_many_fields: 400,
    too_much_text: 413,
    a_refused_file: 415,
    a_broken_body: 400,
    a_foreign_host: 400,
    a_wrong_method: 405,
}


@pytest.mark.parametrize("cause", PROBLEMS, ids=lambda cause: cause.__name__)
def test_every_problem_is_guarded_and_says_nothing_of_the_inside(
    cause: Callable[[Client], Any], mara: User, media: Path
) -> None:
    client = Client()
    client.force_login(mara)
    response = cause(client)
    assert response.status_code == PROBLEMS[cause]
    assert_guarded(response)
    for told in (b"Traceback", b"Exception", b"django.", b"/gallery/", b"SECRET"):
        assert told not in response.content


def test_a_fault_of_ours_is_guarded_too(lena: User, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.views.uploads.LABELS", None)  # what no page can work with
    response = visited(lena, "/uploads/")
    assert response.status_code == 500
    assert_guarded(response)
    assert b"Traceback" not in response.content


def test_a_picture_is_cached_for_its_reader_only(image: Image, lena: User) -> None:
    for name in ("thumb", "view"):
        response = visited(lena, f"/media/{image.public_id}/{name}/?file={image.file_id}")
        assert "private" in response["Cache-Control"]
        assert "Cookie" in response["Vary"]


def test_the_cookies_are_for_this_site_only(lena: User, settings: Settings) -> None:
    client = Client()
    client.get("/login/")
    client.post("/login/", {"username": "lena", "password": "nine brown foxes"})
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_login_leads_to_this_site_only(next_page: str, lena: User) -> None:
    response = Client().post("/login/", {"username": "lena", "password": "nine brown foxes", "next": next_page})
    assert response.status_code == 302
    assert "evil" not in response["Location"]
    assert response["Location"].startswith("/")
