"""
What is kept in the index: a collection per network for its vectors, and one for PDQ hashes.

A PDQ hash of 256 bits is a unit vector too (each bit ±1/16), and its inner products are Hamming distances: so hashes
are searched by the same index, under the same promise that nothing inserted before is missed.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from gallery import embedders
from gallery.conf import conf
from gallery.detection import epochs
from gallery.images import hashes
from gallery.index.base import VectorIndex
from gallery.models import Collection, Embedding, Fingerprint
from gallery.models.fingerprint import unpacked
from gallery.vectors import Vectors, checked

HASHES_KEY = "pdq_v1"


def name_for(model_key: str) -> str:
    return f"{conf().milvus_prefix}{model_key}"


def name_of(embedder: str) -> str:
    """The collection of an embedder's vectors."""
    return name_for(embedders.key_of(embedder))


def name_of_hashes() -> str:
    return name_for(HASHES_KEY)


def ready(index: VectorIndex, embedder: str) -> None:
    """Make sure that both collections are there."""
    for name, dimensions in (
        (name_of(embedder), embedders.dimensions_of(embedder)),
        (name_of_hashes(), hashes.PDQ_BITS),
    ):
        index.ensure(name, dimensions)
        _row, is_new = Collection.objects.get_or_create(name=name, defaults={"dimensions": dimensions})
        if is_new:
            epochs.begin(index, name)


def insert(index: VectorIndex, rows: Sequence[Embedding], *, embedder: str) -> None:
    """Put embeddings into their collection under their ids. Doing it again changes nothing."""
    if rows:
        ready(index, embedder)
        index.upsert(name_of(embedder), [row.pk for row in rows], vectors_of(rows))


def vectors_of(rows: Sequence[Embedding]) -> Vectors:
    return unpacked([bytes(row.vector) for row in rows])


def insert_hashes(index: VectorIndex, prints: Iterable[Fingerprint]) -> None:
    """Put the upright PDQ hashes of ``prints`` into their collection under their ids."""
    rows = list(prints)
    if rows:
        index.upsert(name_of_hashes(), [row.pk for row in rows], upright_hashes(rows))


def upright_hashes(rows: Sequence[Fingerprint]) -> Vectors:
    return checked(np.stack([hashes.pdq_vector(bytes(row.pdq)[: hashes.PDQ_BYTES]) for row in rows]))


def all_hashes(rows: Sequence[Fingerprint]) -> Vectors:
    """All eight dihedral hashes of each row, shape ``(8 n, 256)``: what finds turned and mirrored copies."""
    size = hashes.PDQ_BYTES
    return checked(
        np.stack(
            [
                hashes.pdq_vector(bytes(row.pdq)[view * size : (view + 1) * size])
                for row in rows
                for view in range(hashes.PDQ_VIEWS)
            ]
        )
    )
