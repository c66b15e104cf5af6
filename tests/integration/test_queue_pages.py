"""The queue as a browser asks for it: what comes next, starting, skipping, and who may look."""

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import Case, Image, User
from gallery.review import queue
from tests import factories
from tests.at_desk import case, logged_in, page
from tests.conftest import make_user

__all__ = ["case"]

pytestmark = pytest.mark.usefixtures("media")


def test_the_queue_shows_what_comes_next_and_why(mara: User, case: Case) -> None:
    text = page(logged_in(mara), reverse("review"))
    assert reverse("case", args=[case.pk]) in text
    assert "lena, otto" in text
    assert "certain" in text
    assert reverse("review_start") in text


def test_an_empty_queue_says_what_is_still_being_compared(mara: User, lena: User) -> None:
    for _number in range(2):
        factories.image(lena, stage=Image.Stage.EMBEDDED)
    text = page(logged_in(mara), reverse("review"))
    assert "Nothing to review." in text
    assert "2 images are still being compared." in text


def test_starting_leads_to_the_first_case_and_back_to_the_queue_after_the_last(mara: User, case: Case) -> None:
    client = logged_in(mara)
    assert client.get(reverse("review_start")).headers["Location"] == reverse("case", args=[case.pk])
    client.post(reverse("skip", args=[case.pk]))
    assert client.get(reverse("review_start")).headers["Location"] == reverse("review")


def test_what_was_skipped_can_be_brought_back(mara: User, case: Case) -> None:
    client = logged_in(mara)
    client.post(reverse("skip", args=[case.pk]))
    assert "You skipped 1 case." in page(client, reverse("review"))
    client.post(reverse("unskip"))
    assert queue.waiting(mara) == 1


@pytest.mark.parametrize(
    ("name", "moderator", "uploader", "auditor"),
    [("review", 200, 403, 403), ("decisions", 200, 403, 200), ("verdicts", 200, 403, 200), ("keys", 200, 403, 403)],
)
def test_only_those_who_may_see_a_page_do(
    name: str, moderator: int, uploader: int, auditor: int, mara: User, lena: User
) -> None:
    watcher = make_user("vera", "auditor")
    for user, status in ((mara, moderator), (lena, uploader), (watcher, auditor)):
        assert logged_in(user).get(reverse(name)).status_code == status
    assert "login" in Client().get(reverse(name)).headers["Location"]
