"""SQL is the truth, and a genuine Milvus is brought back to it."""

from pathlib import Path

import numpy as np
import pytest

from gallery import embedders, index
from gallery.detection import collections, upkeep
from gallery.models import Embedding, Fingerprint, Policy, User
from gallery.models.fingerprint import packed
from gallery.vectors import unit
from tests import factories

pytestmark = pytest.mark.django_db

IMAGES = 12


@pytest.fixture
def compared(media: Path, lena: User) -> list[Embedding]:
    """Images that SQL says are in the index, which is empty."""
    network = Policy.objects.in_force().embedder
    images = [factories.image(lena, seed=seed) for seed in range(IMAGES)]
    noise = np.random.default_rng(3).normal(size=(IMAGES, embedders.dimensions_of(network))).astype(np.float32)
    return [
        Embedding.objects.create(
            fingerprint=Fingerprint.objects.get(file=image.file),
            model_key=embedders.key_of(network),
            view=Embedding.View.WHOLE,
            vector=vector,
        )
        for image, vector in zip(images, packed(unit(noise)), strict=True)
    ]


def test_an_empty_server_is_filled_and_then_agrees(milvus: str, compared: list[Embedding]) -> None:
    assert [found.missing for found in upkeep.reconcile()] == [IMAGES, IMAGES]
    assert all(found.is_clean for found in upkeep.reconcile(thorough=True))
    (row,) = index.load().search(_name(), collections.vectors_of(compared[:1]), k=3, floor=0.99)
    assert [hit.id for hit in row] == [compared[0].pk]


def test_what_was_lost_comes_back_and_what_nobody_knows_goes(milvus: str, compared: list[Embedding]) -> None:
    upkeep.reconcile()
    client = index.load()
    client.delete(_name(), [compared[2].pk, compared[7].pk])
    client.upsert(_name(), [10**9], collections.vectors_of(compared[:1]))
    (vectors, hashes) = upkeep.reconcile(thorough=True)
    assert (vectors.missing, vectors.surplus, hashes.is_clean) == (2, 1, True)
    assert list(client.ids(_name())) == [row.pk for row in compared]


def test_a_dropped_collection_is_made_again(milvus: str, compared: list[Embedding]) -> None:
    upkeep.reconcile()
    index.load().drop(_name())
    assert [found.missing for found in upkeep.reconcile()] == [IMAGES, 0]
    assert index.load().count(_name()) == IMAGES


def _name() -> str:
    return collections.name_of(Policy.objects.in_force().embedder)
