"""Fewer and softer exposures: what is sensitive, what is concealed, lists of words, a word about breaks."""

import datetime as dt
from pathlib import Path
from typing import cast

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from gallery.models import AuditEntry, Case, Image, Reveal, User
from gallery.views.access import SignedIn
from gallery.views.sitting import Sitting
from tests import factories
from tests.conftest import change_dedup

pytestmark = pytest.mark.usefixtures("media")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    """The second of the two is sensitive."""
    return factories.case(factories.image(lena, seed=1), factories.image(otto, seed=1, quality=40, sensitive=True))


def test_a_sensitive_picture_is_blurred_until_asked_for_and_that_is_kept_once_a_day(mara: User, case: Case) -> None:
    client, address = logged_in(mara), reverse("case", args=[case.pk])
    before = client.get(address).content.decode()
    assert before.count('class="pane b sensitive"') == 1
    assert reverse("case_reveal", args=[case.pk]) in before
    for _twice in range(2):
        response = client.post(reverse("case_reveal", args=[case.pk]) + "?show=a&show=b")
        assert response["Location"] == f"{address}?show=a&show=b"
    assert ' sensitive"' not in client.get(address).content.decode()
    sensitive = Image.objects.get(sensitive=True)
    entry = AuditEntry.objects.get(verb="image.reveal")
    assert (entry.actor, entry.subject) == (mara, f"image {sensitive.public_id}")
    Reveal.objects.update(day=timezone.localdate() - dt.timedelta(days=1))
    assert 'class="pane b sensitive"' in client.get(address).content.decode()
    client.post(reverse("case_reveal", args=[case.pk]))
    assert AuditEntry.objects.filter(verb="image.reveal").count() == 2


def test_the_same_on_the_page_of_an_image_but_for_its_owner(mara: User, otto: User, case: Case) -> None:
    image = Image.objects.get(sensitive=True)
    address = image.get_absolute_url()
    assert "Show the picture" in logged_in(mara).get(address).content.decode()
    assert "Show the picture" not in logged_in(otto).get(address).content.decode()
    assert logged_in(mara).post(reverse("reveal", args=[image.public_id]))["Location"] == address
    assert "Show the picture" not in logged_in(mara).get(address).content.decode()
    logged_in(otto).post(reverse("reveal", args=[image.public_id]))
    assert AuditEntry.objects.filter(verb="image.reveal").count() == 1


def test_lists_blur_what_is_sensitive(mara: User, case: Case) -> None:
    for name in ("review", "cases", "images"):
        assert "sensitive" in logged_in(mara).get(reverse(name)).content.decode()


def test_the_site_conceals_for_those_who_have_not_chosen(mara: User, settings: Settings) -> None:
    change_dedup(settings, concealment="grey")
    client = logged_in(mara)
    assert 'data-conceal="grey"' in client.get(reverse("review")).content.decode()
    User.objects.filter(pk=mara.pk).update(concealment="none", hide_thumbnails=True)
    text = client.get(reverse("review")).content.decode()
    assert 'data-conceal="none"' in text
    assert 'data-lists="words"' in text


def test_who_asked_for_it_is_reminded_of_a_break(mara: User, case: Case) -> None:
    client, address = logged_in(mara), reverse("case", args=[case.pk])
    User.objects.filter(pk=mara.pk).update(break_minutes=30)
    now = timezone.now().timestamp()

    def asked_after(began: float, seen: float) -> str:
        asking = RequestFactory().get(address)
        asking.user = mara
        earlier = HttpResponse()
        Sitting(began=now - began * 60, seen=now - seen * 60).keep(cast("SignedIn", asking), earlier)
        client.cookies.update(earlier.cookies)
        return client.get(address).content.decode()

    assert "31 minutes without a break" in asked_after(31, 1)
    assert "without a break" not in client.get(address).content.decode()
    assert "without a break" not in asked_after(29, 1)
    assert "without a break" not in asked_after(60, 6)
    User.objects.filter(pk=mara.pk).update(break_minutes=0)
    assert "without a break" not in asked_after(90, 1)


def test_the_key_on_a_toast_is_the_one_that_works(mara: User, lena: User, otto: User, case: Case) -> None:
    User.objects.filter(pk=mara.pk).update(keymap={"undo": "q"})
    client = logged_in(mara)
    page = client.get(reverse("case", args=[case.pk]))
    form = {"decision_id": page.context["decision_id"], "seen_version": page.context["case"].version}
    text = client.post(reverse("act", args=[case.pk, "different"]), form, follow=True).content.decode()
    assert 'data-key="q"' in text
    assert "<kbd>Q</kbd>" in text
