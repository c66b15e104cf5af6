"""A page of forty rows asks the database no more often than one of four."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from gallery.models import Album, Case, User
from gallery.review import queue, undo
from tests.judgement import act, case_of, favour, find, image, tag

MOST = 12
FRAME = 2
"""A savepoint and its release, around the lease of a case."""

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
    with django_assert_max_num_queries(MOST):
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


@pytest.mark.parametrize("size", [2, 14])
def test_a_case_asks_for_all_of_its_images_at_once(
    size: int,
    opened: Client,
    mara: User,
    lena: User,
    otto: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many_cases(6, lena, otto)
    images = [image(lena, f"{number}") for number in range(size)]
    for copy in images[1:]:
        find(images[0], copy, cells=60)
        tag(copy, "sea", f"number {copy.pk}")
        favour(copy, lena, otto)
    address = case_of(images[0]).get_absolute_url()
    with django_assert_max_num_queries(MOST + FRAME):
        response = opened.get(address)
    assert response.content.count(b'name="images"') >= (size if size > 2 else 0)


def test_a_case_with_much_to_tell_asks_no_more(
    opened: Client, mara: User, jon: User, lena: User, otto: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """On a busy day: comments, a sensitive picture, decisions about the two, about copies of them and merged ones."""
    for case in many_cases(ROWS, lena, otto)[5:]:
        act("different", case, mara)
    keeper, absorbed, stranger, version = (image(lena, name) for name in ("keeper", "absorbed", "stranger", "version"))
    find(keeper, absorbed, cells=60)
    act("merge", case_of(keeper), jon, keeper=keeper.pk)
    for one in (keeper, version):
        find(one, stranger, cells=60)
        act("different", case_of(one), jon)
    copies = [image(otto, f"copy {number}", sensitive=True) for number in range(3)]
    for copy in copies:
        find(keeper, copy, cells=60)
        find(version, copy, cells=60)
    act("split", case_of(keeper), jon)
    case = case_of(keeper)
    queue.comment(case, jon, text="Look at the hands.")
    opened.post(reverse("case_reveal", args=[case.pk]))
    with django_assert_max_num_queries(MOST + FRAME):
        text = opened.get(case.get_absolute_url()).content.decode()
    assert "Look at the hands." in text
    assert "was told apart from" in text
    assert "was merged with" in text
    assert "match leads out of this case" in text or "matches lead out of this case" in text


@pytest.mark.parametrize("name", ["album", "favourites"])
def test_a_page_of_an_album_and_of_favourites(
    name: str, lena: User, otto: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    album = Album.objects.create(owner=lena, name="Sea")
    for number in range(ROWS):
        made = image(otto, f"{number}")
        album.images.add(made)
        favour(made, lena)
    client = Client()
    client.force_login(lena)
    with django_assert_max_num_queries(MOST):
        response = client.get(reverse(name, args=[album.pk] if name == "album" else []))
    assert response.content.count(b'class="row"') == ROWS
    for number in range(ROWS):
        Album.objects.create(owner=lena, name=f"{number}")
    with django_assert_max_num_queries(MOST):
        client.get(reverse("albums"))


def test_the_page_of_an_image_that_much_was_merged_into(
    opened: Client, mara: User, jon: User, lena: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Its owner is told of each of theirs, and what may be done about it."""
    keeper = image(lena, "keeper")
    others = [image(mara, f"{number}") for number in range(15)]
    for other in others:
        find(keeper, other)
    act("merge", case_of(keeper), jon, keeper=keeper.pk, images=[keeper.pk, *(other.pk for other in others)])
    tag(keeper, *(f"tag {number}" for number in range(20)))
    with django_assert_max_num_queries(MOST):
        response = opened.get(keeper.get_absolute_url())
    assert response.content.count(b"Your image in this one") == len(others)
