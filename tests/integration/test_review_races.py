"""
Two people at once, many times over, with real connections: whoever comes second has no effect and is told.

A few rounds are part of every run; ``make test-races`` does 500 of each on PostgreSQL and tells who won.
"""

import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from django.conf import settings
from django.db.models import F

from gallery.errors import ReviewError
from gallery.models import AuditEntry, Case, Decision, Image, Merge, Pair, User, Verdict
from gallery.review import removal, undo
from gallery.review.actions import ACTIONS
from tests.judgement import act, case_of, find, image, submit
from tests.racing import Racers, racers

IS_POSTGRES = "postgresql" in settings.DATABASES["default"]["ENGINE"]
ROUNDS = int(os.environ.get("RACE_ROUNDS", "20" if IS_POSTGRES else "3"))
"""SQLite lets one write at a time, so there is less to find there."""

pytestmark = [pytest.mark.invariant(5), pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
Standing = Image.Standing


@pytest.fixture
def race() -> Iterator[Racers]:
    with racers() as both:
        yield both


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How the rounds ended; written out at the end."""
    found: Counter[str] = Counter()
    yield found
    ends = ", ".join(f"{count} × {end}" for end, count in sorted(found.items()))
    sys.stdout.write(f"\n{request.node.name}: {found.total()} rounds: {ends}\n")


def won(results: list[object], *names: str) -> str:
    """
    Who came first. The other was refused with 409.

    :raises AssertionError: if it was not exactly one.
    """
    refused = [result for result in results if isinstance(result, ReviewError)]
    assert [refusal.status for refusal in refused] == [409] * (len(results) - 1), results
    (first,) = (name for name, result in zip(names, results, strict=True) if not isinstance(result, ReviewError))
    return f"{first} first"


def check_site() -> None:
    """What holds whatever was done."""
    assert not Image.objects.filter(merged_into__merged_into__isnull=False).exists()
    assert not Image.objects.filter(merged_into=F("pk")).exists()
    for case in Case.objects.open():
        live = Image.objects.filter(memberships__case=case, memberships__live=True)
        assert live.count() == case.size >= 2
        assert not live.exclude(standing=Standing.LIVE).exists()
    assert AuditEntry.objects.all().first_break() is None


@pytest.mark.parametrize(("one", "other"), [("different", "related"), ("merge", "merge"), ("different", "merge")])
def test_5_of_two_moderators_on_one_case_one_has_an_effect(
    lena: User, mara: User, jon: User, race: Racers, told: Counter[str], one: str, other: str
) -> None:
    for number in range(ROUNDS):
        pair = find(image(lena, f"a{number}"), image(lena, f"b{number}"))
        case = case_of(pair.left)
        first, second = submit(case), submit(case)
        results = race.at_once(
            partial(ACTIONS[one].run, case, mara, submit=first),
            partial(ACTIONS[other].run, case, jon, submit=second),
        )
        told[won(results, one, f"{other} (of the other)")] += 1
        kept = Decision.objects.filter(case=case, dissent=True).count()
        assert kept == (1 if "merge" in (one, other) and one != other else 0)
        assert Decision.objects.filter(case=case, dissent=False).count() == 1
        assert Verdict.objects.filter(decision__case=case).count() == 1
        assert Merge.objects.filter(decision__case=case).count() == (pair_state(pair) == Pair.State.MERGED)
    check_site()


def pair_state(pair: Pair) -> str:
    pair.refresh_from_db()
    return pair.state


@pytest.mark.invariant(4)
def test_5_of_two_merges_in_opposite_ways_one_has_an_effect(
    lena: User, mara: User, jon: User, race: Racers, told: Counter[str]
) -> None:
    for number in range(ROUNDS):
        a, b = image(lena, f"a{number}"), image(lena, f"b{number}")
        find(a, b)
        case = case_of(a)
        first, second = submit(case, keeper=a.pk), submit(case, keeper=b.pk)
        results = race.at_once(
            partial(ACTIONS["merge"].run, case, mara, submit=first),
            partial(ACTIONS["merge"].run, case, jon, submit=second),
        )
        end = won(results, "A", "B")
        kept, absorbed = (a, b) if end == "A first" else (b, a)
        assert list(Image.objects.filter(merged_into=kept)) == [absorbed]
        assert Image.objects.get(pk=kept.pk).standing == Standing.LIVE
        assert Merge.objects.filter(decision__case=case).count() == 1
        told[end] += 1
    check_site()


def remove_after(seconds: float, found: Image, by: User) -> None:
    """A removal needs less before its first lock than a merge does: let each come first now and then."""
    time.sleep(seconds)
    removal.remove(found, by)


def test_5_of_a_merge_and_a_removal_one_has_an_effect(lena: User, mara: User, race: Racers, told: Counter[str]) -> None:
    for number in range(ROUNDS):
        a, b = image(lena, f"a{number}"), image(lena, f"b{number}")
        find(a, b)
        case = case_of(a)
        form = submit(case, keeper=a.pk)
        results = race.at_once(
            partial(ACTIONS["merge"].run, case, mara, submit=form),
            partial(remove_after, number % 4 * 0.001, b, lena),
        )
        end = won(results, "merge", "removal")
        b.refresh_from_db()
        is_merged = end == "merge first"
        assert (b.standing, b.merged_into) == ((Standing.MERGED, a) if is_merged else (Standing.REMOVED, None))
        assert Merge.objects.filter(decision__case=case).exists() == is_merged
        told[end] += 1
    assert Case.objects.open().count() == 0
    check_site()


def test_5_an_undo_and_a_merge_on_top_of_it_end_as_one_after_the_other(
    lena: User, mara: User, jon: User, race: Racers, told: Counter[str]
) -> None:
    """The undo always holds. The merge came before it and stands, or found the case changed and had no effect."""
    for number in range(ROUNDS):
        z, k, a = (image(lena, f"{letter}{number}") for letter in "zka")
        find(k, a)
        earlier = act("merge", case_of(k), mara, keeper=k.pk).decision
        find(z, k)
        case = case_of(z)
        form = submit(case, keeper=z.pk, images=[z.pk, k.pk])
        undone, merged = race.at_once(
            partial(undo.undo, earlier, mara, decision_id=uuid.uuid4()),
            partial(ACTIONS["merge"].run, case, jon, submit=form),
        )
        assert not isinstance(undone, ReviewError), undone
        for one in (z, k, a):
            one.refresh_from_db()
        assert (z.standing, a.standing, a.merged_into) == (Standing.LIVE, Standing.LIVE, None)
        if isinstance(merged, ReviewError):
            assert (merged.status, k.merged_into) == (409, None)
            told["undo first, merge refused"] += 1
        else:
            assert k.merged_into == z
            told["merge first, both hold"] += 1
        assert Merge.objects.standing().filter(decision=earlier).count() == 0
    check_site()


def test_5_of_a_redo_and_a_merge_the_other_way_one_has_an_effect(
    lena: User, mara: User, jon: User, race: Racers, told: Counter[str]
) -> None:
    for number in range(ROUNDS):
        k, a = image(lena, f"k{number}"), image(lena, f"a{number}")
        find(k, a)
        made = act("merge", case_of(k), mara, keeper=k.pk).decision
        taken_back = undo.undo(made, mara, decision_id=uuid.uuid4()).decision
        case = case_of(k)
        form = submit(case, keeper=a.pk)
        results = race.at_once(
            partial(undo.undo, taken_back, mara, decision_id=uuid.uuid4()),
            partial(ACTIONS["merge"].run, case, jon, submit=form),
        )
        end = won(results, "redo", "merge")
        kept, absorbed = (k, a) if end == "redo first" else (a, k)
        assert list(Image.objects.filter(merged_into=kept)) == [absorbed]
        assert Merge.objects.standing().filter(members__image__in=[k, a]).distinct().count() == 1
        told[end] += 1
    check_site()
