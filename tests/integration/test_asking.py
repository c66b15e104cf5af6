"""Any two pictures of a case can be compared, also those that no search put together."""

from pathlib import Path

import pytest
from django.test import Client

from gallery import outbox
from gallery.detection import comparison
from gallery.detection.asking import ask_for_comparison
from gallery.models import OutboxEntry, Pair, User
from tests import factories, pictures

pytestmark = pytest.mark.django_db


def test_two_copies_of_one_picture_are_compared_when_somebody_looks_at_them(
    media: Path, lena: User, otto: User
) -> None:
    painted = pictures.photograph(7, width=400, height=300)
    first, second, third = (
        factories.image(owner, picture)
        for owner, picture in (
            (lena, painted),
            (otto, pictures.resized(painted, 0.7)),
            (otto, pictures.cropped(painted, 0.8)),
        )
    )
    case = factories.case(first, second, third)
    OutboxEntry.objects.all().delete()
    ask_for_comparison(third.pk, second.pk)
    ask_for_comparison(second.pk, third.pk)
    claim = outbox.claim("align", limit=5, seconds=60)
    assert claim is not None
    comparison.align(claim)
    pair = Pair.objects.between(second.pk, third.pk).get()
    assert pair.evidence["transformation"]
    assert pair.state == Pair.State.REDUNDANT
    assert (media / pair.rendition_key("aligned")).is_file()
    case.refresh_from_db()
    assert case.size == 3
    ask_for_comparison(second.pk, third.pk)
    assert not OutboxEntry.objects.filter(topic="align", key=pair.pk).exists()


def test_a_pair_that_was_only_compared_is_drawn_when_somebody_looks_at_it(media: Path, mara: User, lena: User) -> None:
    painted = pictures.photograph(7, width=400, height=300)
    first, second, third = (factories.image(lena, pictures.resized(painted, scale)) for scale in (1.0, 0.9, 0.8))
    found = factories.evidence(painted, pictures.resized(painted, 0.8))
    case = factories.case(first, second, third, pairs=[factories.pair(first, second), factories.pair(second, third)])
    pair = factories.pair(first, third, evidence=found)
    Pair.objects.filter(pk=pair.pk).update(state=Pair.State.REDUNDANT, case=None)
    OutboxEntry.objects.all().delete()
    client = Client()
    client.force_login(mara)
    shown = {"show": [first.public_id, third.public_id]}
    for _twice in range(2):
        assert client.get(case.get_absolute_url(), shown).status_code == 200
    claim = outbox.claim("align", limit=5, seconds=60)
    assert claim is not None
    assert [entry.key for entry in claim.entries] == [str(pair.pk)]
    comparison.align(claim)
    assert (media / pair.rendition_key("aligned")).is_file()
    client.get(case.get_absolute_url(), shown)
    assert not OutboxEntry.objects.filter(topic="align").exists()
