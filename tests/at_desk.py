"""What tests of the desk's pages share: cases with pictures, and what a browser does with a page and its form."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from gallery.models import Case, Image, User
from tests import factories


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return unescape(response.content.decode())


def form_of(text: str) -> dict[str, str]:
    """The hidden fields of the answer's form, as a browser would send them."""
    form = re.search(r'<form method="post" id="answer".*?</form>', text, re.DOTALL)
    assert form, "the page has no answers"
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def two(lena: User, otto: User) -> tuple[Image, Image]:
    return factories.image(lena, seed=1, title="Lake"), factories.image(otto, seed=1, quality=40, title="Lake again")


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    """Two images of two people that strict geometry found alike."""
    return factories.case(*two(lena, otto))


@pytest.fixture
def group(lena: User, otto: User, media: Path) -> Case:
    """Four images, each alike the first."""
    images = [factories.image(owner, seed=1, quality=80 - n) for n, owner in enumerate([lena, otto, lena, otto])]
    return factories.case(*images)


def members(case: Case) -> list[Image]:
    return list(Image.objects.filter(memberships__case=case).order_by("pk"))
