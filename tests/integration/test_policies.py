"""Versions of the policy, and what a draft would change."""

import datetime as dt
import uuid
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from gallery.detection import policies
from gallery.detection.pace import ENOUGH, seconds_per_case
from gallery.detection.weighing import SAMPLE, weigh
from gallery.errors import PolicyError
from gallery.models import AuditEntry, Decision, Image, OutboxEntry, Pair, Policy, User

State = Pair.State


@pytest.fixture
def current(rows_of_migrations: None, db: None) -> Policy:
    return Policy.objects.in_force()


def pairs_of(owner: User, *rows: tuple[str, float | None], **signals: Any) -> list[Pair]:
    """A pair for each state and similarity, of bare images: no picture is looked at here."""
    first = Image.objects.create(owner=owner, stage=Image.Stage.COMPARED)
    made = []
    for state, similarity in rows:
        other = Image.objects.create(owner=owner, stage=Image.Stage.COMPARED)
        values = {"state": state, "similarity": similarity, "compared_at": timezone.now(), **signals}
        made.append(Pair.objects.create(left=first, right=other, **values))
    return made


def changed(policy: Policy, **rules: Any) -> Policy:
    return Policy(**{**policies.rules_of(policy), **rules})


# --- Versions ---------------------------------------------------------------------------------------------------------


def test_publishing_retires_the_version_before_and_sorts_the_pairs_anew(ada: User, current: Policy) -> None:
    draft = policies.draft_from(current, ada)
    draft.similarity_review = 0.68
    published = policies.publish(draft, ada, "Screenshots slip through.", seen=current.version)
    assert Policy.objects.in_force() == published
    assert (published.version, published.note, published.published_by) == (2, "Screenshots slip through.", ada)
    assert Policy.objects.get(pk=current.pk).state == Policy.State.RETIRED
    assert OutboxEntry.objects.filter(topic="project", key="policy-2").exists()
    entry = AuditEntry.objects.get(verb="policy.publish")
    assert entry.data["changes"] == {"similarity_review": [0.95, 0.68]}


def test_a_draft_has_no_effect(ada: User, current: Policy) -> None:
    draft = policies.draft_from(current, ada)
    draft.similarity_review = 0.5
    policies.keep(draft)
    assert Policy.objects.in_force() == current
    assert not OutboxEntry.objects.exists()


def test_a_reason_is_asked_for(ada: User, current: Policy) -> None:
    draft = policies.draft_from(current, ada)
    with pytest.raises(PolicyError, match="Say why"):
        policies.publish(draft, ada, "  ")


def test_of_two_drafts_the_second_gets_the_higher_version(ada: User, current: Policy) -> None:
    first, second = policies.draft_from(current, ada), policies.draft_from(current, ada)
    policies.publish(second, ada, "Second is faster.")
    policies.publish(first, ada, "First comes later.")
    assert Policy.objects.in_force() == first
    assert first.version > second.version


def test_figures_that_are_out_of_date_are_not_published(ada: User, current: Policy) -> None:
    first, second = policies.draft_from(current, ada), policies.draft_from(current, ada)
    policies.publish(first, ada, "First.", seen=1)
    with pytest.raises(PolicyError, match="came in force meanwhile"):
        policies.publish(second, ada, "Second.", seen=1)
    assert Policy.objects.in_force() == first


def test_a_published_version_is_neither_published_again_nor_kept_nor_discarded(ada: User, current: Policy) -> None:
    draft = policies.draft_from(current, ada)
    stale = Policy.objects.get(pk=draft.pk)
    policies.publish(draft, ada, "Once.")
    for attempt in (
        lambda: policies.publish(stale, ada, "Twice."),
        lambda: policies.keep(stale),
        lambda: policies.discard(stale, ada),
    ):
        with pytest.raises(PolicyError, match="meanwhile"):
            attempt()
    assert Policy.objects.in_force().note == "Once."


def test_restoring_publishes_a_new_version_with_the_old_rules(ada: User, current: Policy) -> None:
    draft = policies.draft_from(current, ada)
    draft.similarity_review = 0.6
    policies.publish(draft, ada, "Too wide.")
    restored = policies.restore(Policy.objects.get(pk=current.pk), ada, "Back.")
    assert (restored.version, restored.similarity_review) == (3, 0.95)
    assert Policy.objects.count() == 3


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"similarity_review": float("nan")}, "not a number"),
        ({"similarity_review": float("inf")}, "not a number"),
        ({"similarity_review": 1.5}, "1"),
        ({"pdq_review": 400}, "256"),
        ({"similarity_weak": 0.97}, "review from"),
        ({"loose_ncc": 0.95}, "certain"),
        ({"loose_ncc": 0.0}, "every stored pair"),
        ({"similarity_floor": 0.3, "similarity_weak": 0.3, "similarity_review": 0.3}, "every stored pair"),
        ({"embedder": "abacus"}, "no network"),
        ({"keeper_weights": {"pixels": 1.0}}, "number for each"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(
    ada: User, current: Policy, rules: dict[str, Any], words: str
) -> None:
    draft = policies.draft_from(current, ada)
    for name, value in rules.items():
        setattr(draft, name, value)
    with pytest.raises(PolicyError, match=words):
        policies.publish(draft, ada, "Nonsense.")
    assert Policy.objects.in_force() == current


# --- Weighing ---------------------------------------------------------------------------------------------------------


def test_the_same_rules_change_nothing(lena: User, current: Policy) -> None:
    pairs_of(lena, (State.OPEN, 0.97), (State.UNFLAGGED, 0.6), (State.REDUNDANT, 0.97))
    found = weigh(changed(current), current)
    assert (found.weighed, found.open_now, found.open_then, found.hours) == (3, 1, 1, 0.0)


def test_a_lower_threshold_lets_pairs_in_and_a_higher_one_out(lena: User, current: Policy) -> None:
    pairs = pairs_of(lena, (State.OPEN, 0.97), (State.UNFLAGGED, 0.70), (State.UNFLAGGED, 0.60))
    wide = weigh(changed(current, similarity_review=0.65), current)
    assert (wide.entering.chosen, wide.leaving.chosen, wide.open_then) == ([pairs[1].pk], [], 2)
    narrow = weigh(changed(current, similarity_review=0.98), current)
    assert (narrow.entering.chosen, narrow.leaving.chosen, narrow.open_then) == ([], [pairs[0].pk], 0)
    assert narrow.hours == pytest.approx(-current.seconds_per_case / 3600)


def test_past_verdicts_are_replayed_under_both(lena: User, current: Policy) -> None:
    pairs_of(
        lena,
        (State.MERGED, 0.97), (State.INTENTIONAL, 0.70), (State.DIFFERENT, 0.96), (State.DIFFERENT, 0.66),
        (State.RELATED, 0.97), (State.MOOT, 0.99),
    )  # fmt: skip
    found = weigh(changed(current, similarity_review=0.68), current)
    assert (found.now.recall.part, found.now.recall.whole) == (1, 2)
    assert (found.then.recall.part, found.then.recall.whole) == (2, 2)
    assert (found.now.precision.part, found.now.precision.whole) == (1, 2)
    assert (found.then.precision.part, found.then.precision.whole) == (2, 3)


def test_pairs_that_nobody_compared_yet_do_not_count(lena: User, current: Policy) -> None:
    pairs_of(lena, (State.UNFLAGGED, 0.9), compared_at=None)
    assert weigh(changed(current, similarity_review=0.5), current).weighed == 0


def test_the_histogram_holds_every_similarity_from_the_floor_up(lena: User, current: Policy) -> None:
    pairs_of(
        lena,
        (State.OPEN, 1.0),
        (State.DIFFERENT, 0.30),
        (State.MERGED, 0.65),
        (State.UNFLAGGED, 0.2),
        (State.OPEN, None),
    )
    bins = weigh(changed(current), current).bins
    assert sum(step.total for step in bins) == 3
    assert (bins[-1].undecided, bins[0].different, bins[28].copies) == (1, 1, 1)


def test_of_many_pairs_a_few_are_shown(lena: User, current: Policy) -> None:
    pairs_of(lena, *[(State.UNFLAGGED, 0.70)] * 20)
    found = weigh(changed(current, similarity_review=0.6), current)
    assert found.entering.count == 20
    assert len(set(found.entering.chosen)) == SAMPLE


def test_a_library_of_any_size_is_weighed_in_chunks(
    lena: User, current: Policy, django_assert_max_num_queries: Any
) -> None:
    pairs_of(lena, *[(State.UNFLAGGED, 0.70)] * 50)
    with django_assert_max_num_queries(4):
        weigh(changed(current, similarity_review=0.6), current)


def test_the_pace_is_measured_once_there_is_enough_of_it(mara: User, current: Policy) -> None:
    assert seconds_per_case(current) == (15.0, False)
    now = timezone.now()
    for step in range(ENOUGH + 1):
        at = now - dt.timedelta(seconds=8 * step)
        Decision.objects.create(id=uuid.uuid4(), action="different", actor=mara, at=at)
    # A break is no work.
    Decision.objects.create(id=uuid.uuid4(), action="different", actor=mara, at=now - dt.timedelta(hours=2))
    assert seconds_per_case(current) == (8.0, True)


@pytest.mark.parametrize(("weighed", "share"), [(True, 0.0), (False, 0.15)])
def test_a_policy_that_pairs_were_weighed_by_goes_on_leaving_lettered_pairs_to_people(
    weighed: bool, share: float, lena: User, current: Policy
) -> None:
    if weighed:
        pairs_of(lena, (State.OPEN, 0.9))
    migration = import_module("gallery.migrations.0022_keep_published_rules_of_lettering")
    migration.keep(apps, connection.schema_editor())
    current.refresh_from_db()
    assert current.certain_lettered_share == share
