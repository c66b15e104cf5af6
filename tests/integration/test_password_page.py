"""Everybody changes their own password; whoever else was logged in with the old one is out."""

from html import unescape

import pytest
from django.test import Client

from gallery.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

ADDRESS = "/preferences/password/"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(old: str = PASSWORD, new: str = "ten brown foxes", again: str = "") -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": again or new}


def test_a_password_is_changed_and_other_devices_are_logged_out(lena: User) -> None:
    here, elsewhere = logged_in(lena), logged_in(lena)
    response = here.post(ADDRESS, form(), follow=True)
    assert "Your other devices are logged out." in response.content.decode()
    assert here.get("/uploads/").status_code == 200
    assert elsewhere.get("/uploads/")["Location"].startswith("/login/")
    lena.refresh_from_db()
    assert lena.check_password("ten brown foxes")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (form(old="wrong"), "This is not the password that you have now."),
        (form(again="eleven brown foxes"), "The two are not the same."),
        (form(new="short"), "at least 10 characters"),
        (form(new="lena@example.org"), "too similar"),
    ],
)
def test_what_is_wrong_with_it_is_said_beside_the_field(lena: User, sent: dict[str, str], sentence: str) -> None:
    response = logged_in(lena).post(ADDRESS, sent)
    assert response.status_code == 422
    text = unescape(response.content.decode())
    assert sentence in text
    assert "Please" not in text
    lena.refresh_from_db()
    assert lena.check_password(PASSWORD)


def test_the_admins_page_of_it_leads_here(ada: User) -> None:
    assert logged_in(ada).get("/admin/password_change/")["Location"] == ADDRESS
    assert f'href="{ADDRESS}"' in logged_in(ada).get("/admin/").content.decode()
    assert f'href="{ADDRESS}"' in logged_in(ada).get("/preferences/").content.decode()
