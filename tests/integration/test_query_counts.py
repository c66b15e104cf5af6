"""A page of forty rows asks the database no more often than one of four."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from gallery.models import Case, User
from gallery.review import undo
from tests.judgement import act, case_of, find, image

MOST = 12
ROWS = 40


def many_cases(count: int, *owners: User) -> list[Case]:
    """Cases of two, of different people."""
    cases = []
    for number in range(count):
        one, other = (image(owner, f"{number} of {owner}") for owner in owners)
        find(one, other)
        cases.append(case_of(one, other))
    return cases


@pytest.fixture
def opened(mara: User) -> Client:
    client = Client()
    client.force_login(mara)
    return client


def test_a_page_of_decisions(
    opened: Client, mara: User, lena: User, otto: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number, case in enumerate(many_cases(ROWS, lena, otto)):
        outcome = act("merge" if number % 2 else "different", case, mara)
        if number % 5 == 0:
            undo.undo(outcome.decision, mara, decision_id=uuid.uuid4())
    with django_assert_max_num_queries(MOST + 2):  # two more for what was taken back, and for what was merged
        response = opened.get(reverse("decisions"), {"whose": "all"})
    assert response.content.count(b"decision-row") == ROWS
    with django_assert_max_num_queries(MOST):
        response = opened.get(reverse("verdicts"))
    assert response.content.count(b"decision-row") > ROWS // 2


@pytest.mark.parametrize(
    ("name", "row"), [("review", "case-row"), ("cases", "case-row"), ("images", 'class="row"'), ("uploads", 'id="row-')]
)
def test_a_page_of_the_desk_and_of_images(
    name: str,
    row: str,
    opened: Client,
    mara: User,
    lena: User,
    otto: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many_cases(ROWS, *((lena, otto) if name != "uploads" else (mara, mara)))
    with django_assert_max_num_queries(MOST):
        response = opened.get(reverse(name))
    assert response.content.decode().count(row) >= (6 if name == "review" else ROWS)
