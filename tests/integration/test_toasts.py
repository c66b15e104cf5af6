"""What a message offers after a decision: to take it back, and after that to make it again."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import Case, Decision, User
from tests import factories

KEY = re.compile(r'class="toast" data-decision="[^"]+" data-key="z"')
REDO = '<button class="link">Redo</button>'


@pytest.fixture
def case(lena: User, otto: User, media: Path) -> Case:
    return factories.case(factories.image(lena, seed=1), factories.image(otto, seed=1, quality=60))


def test_the_key_is_offered_for_what_it_takes_back_only(client: Client, mara: User, case: Case) -> None:
    client.force_login(mara)
    decided = client.post(
        reverse("act", args=[case.pk, "different"]),
        {"decision_id": "5b8f0a4e-6c1e-4d5b-9a54-0c3f5c4a7e11", "seen_version": case.version},
        follow=True,
    ).content.decode()
    assert KEY.search(decided)
    assert REDO not in decided

    undone = client.post(reverse("undo_latest"), follow=True).content.decode()
    assert "Undone: different." in undone
    assert REDO in undone
    # A second press takes back the decision before, not this undo.
    assert not KEY.search(undone)

    again = client.post(reverse("undo", args=[Decision.objects.latest("at").pk]), follow=True).content.decode()
    assert "Done again: different." in again
    assert KEY.search(again)
