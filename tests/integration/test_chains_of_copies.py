"""Copies that were each found by way of the last one: long chains, walked in one step."""

import itertools
import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gallery import outbox, tasks
from gallery.detection import cases
from gallery.detection.projection import leave_out, project, roots_of
from gallery.detection.walks import connected, met_from
from gallery.models import Case, Image, Pair, Policy, User

pytestmark = pytest.mark.django_db

LENGTH = 150


@pytest.fixture
def chain(lena: User) -> list[int]:
    """Images, each a sure copy of the one before."""
    images = [Image.objects.create(owner=lena, stage=Image.Stage.COMPARED).pk for _ in range(LENGTH)]
    Pair.objects.bulk_create(
        Pair(left_id=left, right_id=right, state=Pair.State.OPEN, tier=Pair.Tier.CERTAIN, compared_at=timezone.now())
        for left, right in itertools.pairwise(images)
    )
    return images


def test_the_oldest_copy_is_found_in_one_query(
    chain: list[int], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        found = roots_of({chain[0], chain[70], chain[-1]})
    assert found == {chain[0]: {chain[0]}, chain[70]: {chain[0]}, chain[-1]: {chain[0]}}


def test_ends_of_a_chain_are_connected_and_without_a_link_of_it_they_are_not(chain: list[int]) -> None:
    ends = Pair(left_id=chain[0], right_id=chain[-1])
    assert connected(ends)
    link = Pair.objects.get(left=chain[70], right=chain[71])
    assert not connected(link)
    link.delete()
    assert not connected(ends)
    assert roots_of({chain[70], chain[-1]}) == {chain[70]: {chain[0]}, chain[-1]: {chain[71]}}


def test_two_copies_are_connected_through_a_newer_one(chain: list[int], otto: User) -> None:
    older = [Image.objects.create(owner=otto, stage=Image.Stage.COMPARED).pk for _ in range(2)]
    newer = Image.objects.create(owner=otto, stage=Image.Stage.COMPARED).pk
    for image in older:
        Pair.objects.create(left_id=image, right_id=newer, state=Pair.State.OPEN, tier=Pair.Tier.CERTAIN)
    assert connected(Pair(left_id=older[0], right_id=older[1]))
    assert not connected(Pair(left_id=chain[0], right_id=older[1]))


def test_only_sure_pairs_that_are_open_are_walked_along(chain: list[int]) -> None:
    Pair.objects.filter(left=chain[5]).update(state=Pair.State.DIFFERENT)
    Pair.objects.filter(left=chain[9]).update(tier=Pair.Tier.REVIEW)
    assert roots_of({chain[7], chain[-1], chain[2]}) == {
        chain[7]: {chain[6]},
        chain[-1]: {chain[10]},
        chain[2]: {chain[0]},
    }


@pytest.fixture
def newcomer(chain: list[int], otto: User) -> int:
    """An image that may be a copy of every one of the chain, and of a stranger."""
    stranger = Image.objects.create(owner=otto, stage=Image.Stage.COMPARED).pk
    image = Image.objects.create(owner=otto, stage=Image.Stage.SEARCHED).pk
    Pair.objects.bulk_create(Pair(left_id=left, right_id=image, similarity=0.9) for left in [*chain, stranger])
    return image


def test_candidates_are_left_out_in_a_few_queries_once_one_of_them_is_a_copy(
    chain: list[int], newcomer: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert leave_out(newcomer) == set()
    Pair.objects.filter(left=chain[40], right=newcomer).update(state=Pair.State.OPEN, tier=Pair.Tier.CERTAIN)
    with django_assert_max_num_queries(9):
        closed = leave_out(newcomer)
    assert len(closed) == LENGTH - 1
    rows = Pair.objects.filter(right=newcomer)
    assert set(rows.filter(state=Pair.State.REDUNDANT).values_list("pk", flat=True)) == closed
    assert rows.filter(state=Pair.State.CANDIDATE).count() == 1
    before = sorted(rows.values_list("pk", "state"))
    project(Pair.objects.filter(pk__in=closed))
    assert sorted(rows.values_list("pk", "state")) == before


def test_what_people_settled_is_not_called_redundant(chain: list[int], newcomer: int) -> None:
    Pair.objects.filter(left=chain[40], right=newcomer).update(state=Pair.State.OPEN, tier=Pair.Tier.CERTAIN)
    Image.objects.filter(pk=chain[7]).update(standing=Image.Standing.REMOVED)
    leave_out(newcomer)
    removed = Pair.objects.filter(left=chain[7], right=newcomer)
    assert removed.get().state == Pair.State.CANDIDATE
    project(removed)
    assert removed.get().state == Pair.State.MOOT


def test_a_burst_of_copies_is_put_into_cases_in_a_few_queries(
    chain: list[int], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cap = Policy.objects.in_force().case_cap
    with transaction.atomic():
        cases.connect(chain)
    assert sorted(Case.objects.open().values_list("size", flat=True)) == [cap] * (LENGTH // cap)
    with transaction.atomic(), django_assert_max_num_queries(12):
        cases.connect([chain[3]])
    assert set(Case.objects.open().values_list("version", flat=True)) == {1}


def test_a_pair_opened_by_a_worker_that_ended_before_its_case_still_gets_one(lena: User) -> None:
    older, newer = (Image.objects.create(owner=lena, stage=Image.Stage.SEARCHED).pk for _ in range(2))
    Pair.objects.create(
        left_id=older, right_id=newer, same_bytes=True, compared_at=timezone.now(), state=Pair.State.OPEN,
        tier=Pair.Tier.IDENTICAL,
    )  # fmt: skip
    outbox.send("verify", key=newer)
    tasks.work_on("verify")
    assert Case.objects.open().get().members.count() == 2
    assert Image.objects.get(pk=newer).stage == Image.Stage.COMPARED


def test_nobody_has_no_roots() -> None:
    assert roots_of(set()) == {}


def test_each_step_looks_at_the_pairs_of_one_image_and_not_at_all(chain: list[int]) -> None:
    """Else the work for n copies would grow with n², and with every other question on the site."""
    walk, marks = met_from([chain[0]], tier=Pair.Tier.CERTAIN)
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("ANALYZE gallery_pair")
        cursor.execute(f"EXPLAIN {'' if is_postgres else 'QUERY PLAN '}{walk} SELECT image FROM met", marks)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    ends = re.findall(r"Index Cond: \(.*?(left_id|right_id) = met|\((left_id|right_id)=\?", plan)
    assert {"".join(end) for end in ends} == {"left_id", "right_id"}, plan
    assert "Join Filter" not in plan


def test_pairs_that_lead_nowhere_new_cost_one_walk_together(chain: list[int]) -> None:
    fresh = [Pair(left_id=one, right_id=other) for one, other in zip(chain[:60], chain[60:120], strict=True)]
    Pair.objects.bulk_create(fresh)
    with CaptureQueriesContext(connection) as asked:
        assert project(Pair.objects.filter(compared_at=None)) == len(fresh)
    assert sum("RECURSIVE" in query["sql"] for query in asked.captured_queries) == 1
    assert set(Pair.objects.filter(compared_at=None).values_list("state", flat=True)) == {Pair.State.REDUNDANT}


def test_what_a_link_held_together_is_asked_again_when_it_is_gone(chain: list[int]) -> None:
    """In one go: the link closes first, and what was walked before it closed counts for nothing."""
    apart = Pair.objects.create(left_id=chain[2], right_id=chain[9], state=Pair.State.REDUNDANT)
    together = Pair.objects.create(left_id=chain[0], right_id=chain[3], state=Pair.State.REDUNDANT)
    Image.objects.filter(pk=chain[5]).update(standing=Image.Standing.REMOVED)
    project(Pair.objects.filter(pk__in=[apart.pk, together.pk]) | Pair.objects.touching([chain[5]]))
    apart.refresh_from_db()
    together.refresh_from_db()
    assert (apart.state, together.state) == (Pair.State.CANDIDATE, Pair.State.REDUNDANT)
