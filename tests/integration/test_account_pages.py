"""Logging in, where one starts, preferences, and what is answered when something is wrong."""

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from gallery.models import User
from gallery.views.problems import bad_request
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("name", "start"), [("lena", "/upload/"), ("mara", "/review/"), ("ada", "/images/")])
def test_everybody_starts_where_their_work_is(name: str, start: str, lena: User, mara: User, ada: User) -> None:
    assert logged_in(User.objects.get(username=name)).get("/")["Location"] == start


def test_a_wrong_password_is_answered_in_plain_words(client: Client, lena: User) -> None:
    text = client.post("/login/", {"username": "lena", "password": "wrong"}).content.decode()
    assert "No account has this name and password." in text
    assert "Please" not in text


def test_guessing_passwords_ends_in_a_wait(client: Client, lena: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _attempt in range(2):
        client.post("/login/", {"username": "lena", "password": "wrong"})
    response = client.post("/login/", {"username": "lena", "password": "wrong"})
    assert response.status_code == 429
    assert "Locked for a while" in response.content.decode()
    assert client.post("/login/", {"username": "lena", "password": PASSWORD}).status_code == 429


def test_the_header_offers_what_a_person_may_do(lena: User, mara: User) -> None:
    for user, offered in ((lena, False), (mara, True)):
        text = logged_in(user).get("/upload/").content.decode()
        assert ('href="/decisions/"' in text) is offered
        assert 'href="/admin/"' not in text


def test_preferences_are_kept(lena: User) -> None:
    client = logged_in(lena)
    response = client.post("/preferences/", {"appearance": "dark", "concealment": "blur"}, follow=True)
    text = response.content.decode()
    assert 'data-appearance="dark"' in text
    assert 'data-conceal="blur"' in text
    lena.refresh_from_db()
    assert (lena.appearance, lena.concealment, lena.single_keys) == ("dark", "blur", True)


def test_a_preference_that_does_not_exist_changes_nothing(lena: User) -> None:
    response = logged_in(lena).post("/preferences/", {"appearance": "pink", "concealment": "blur"})
    assert response.status_code == 422
    lena.refresh_from_db()
    assert lena.concealment == "site"


def test_the_appearance_goes_with_the_account_and_stays_for_the_login_page(lena: User) -> None:
    client = logged_in(lena)
    response = client.post("/preferences/appearance/", {"appearance": "dark", "next": "/uploads/"})
    assert response["Location"] == "/uploads/"
    lena.refresh_from_db()
    assert lena.appearance == "dark"
    client.logout()
    client.cookies["appearance"] = "dark"
    assert 'data-appearance="dark"' in client.get("/login/").content.decode()


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_appearance_switch_leads_nowhere_else(client: Client, db: None, next_page: str) -> None:
    response = client.post("/preferences/appearance/", {"appearance": "light", "next": next_page})
    assert response["Location"] == "/"


def test_a_cookie_of_nonsense_is_the_devices_appearance(client: Client, db: None) -> None:
    client.cookies["appearance"] = '"><script>'
    text = client.get("/login/").content.decode()
    assert 'data-appearance="auto"' in text


def test_pages_that_do_not_exist_say_so(lena: User) -> None:
    response = logged_in(lena).get("/no/such/page/")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


def test_an_old_form_says_what_to_do(lena: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lena)
    response = client.post("/preferences/", {})
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()


def test_what_cannot_be_read_is_400() -> None:
    assert bad_request(RequestFactory().get("/"), ValueError()).status_code == 400


@pytest.mark.parametrize("address", ["/login/", "/upload/", "/uploads/", "/preferences/", "/no/such/page/"])
def test_every_page_forbids_foreign_and_inline_scripts(lena: User, address: str) -> None:
    response = logged_in(lena).get(address, follow=True)
    policy = response["Content-Security-Policy"]
    text = response.content.decode()
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert " style=" not in text
    assert "<style" not in text
    assert "onclick" not in text
    assert "<script>" not in text
