"""A new policy moves pairs in and out of the queue, and never a pair that somebody decided or has on screen."""

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone

from gallery import outbox
from gallery.detection import comparison, policies
from gallery.models import Case, OutboxEntry, Pair, Policy, User
from tests import factories

pytestmark = pytest.mark.django_db

State = Pair.State


def publish(by: User, **thresholds: float) -> Policy:
    draft = policies.draft_from(Policy.objects.in_force(), by)
    for name, value in thresholds.items():
        setattr(draft, name, value)
    draft.save()
    return policies.publish(draft, by, "for this test")


def work_off() -> None:
    claim = outbox.claim("project", limit=1, seconds=60)
    assert claim is not None
    comparison.reproject(claim)


STRICTER = {"strict_cells": 500, "loose_cells": 500, "pdq_certain": 0, "pdq_review": 0, "similarity_review": 1.0}


@pytest.fixture
def case(media: Path, lena: User, otto: User) -> Case:
    return factories.case(factories.image(lena, seed=1), factories.image(otto, seed=2))


def test_a_stricter_policy_empties_the_queue_and_restoring_fills_it_again(case: Case, ada: User) -> None:
    publish(ada, **STRICTER)
    work_off()
    assert Pair.objects.get().state == State.UNFLAGGED
    assert not Case.objects.open().exists()
    policies.restore(Policy.objects.get(version=1), ada, "back")
    work_off()
    assert Pair.objects.get().state == State.OPEN
    assert Case.objects.open().count() == 1


def test_a_case_on_screen_stays_until_it_is_let_go(case: Case, ada: User, mara: User) -> None:
    Case.objects.update(lease_holder=mara, lease_until=timezone.now() + dt.timedelta(minutes=5))
    publish(ada, **STRICTER)
    work_off()
    assert Pair.objects.get().state == State.OPEN
    assert Case.objects.get().version == case.version
    Case.objects.update(lease_holder=None, lease_until=None)
    OutboxEntry.objects.update(next_at=timezone.now() - dt.timedelta(seconds=1))
    work_off()
    assert Pair.objects.get().state == State.UNFLAGGED
    assert not OutboxEntry.objects.filter(topic="project").exists()
