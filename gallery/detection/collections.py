"""
What is kept in the index: a collection per network for its vectors, and one for PDQ hashes.

A PDQ hash of 256 bits is a unit vector too (each bit ±1/16), and its inner products are Hamming distances: so hashes
are searched by the same index, under the same promise that nothing inserted before is missed.
"""

import time
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from gallery import embedders
from gallery.conf import conf
from gallery.detection import epochs
from gallery.errors import Unavailable
from gallery.images import hashes
from gallery.index.base import VectorIndex
from gallery.models import Collection, Embedding, Fingerprint
from gallery.models.fingerprint import unpacked
from gallery.vectors import Vectors, checked

HASHES_KEY = "pdq_v1"

READY_SECONDS = 2.0
"""For so long a process takes for granted that collections are there. What failed is tried again later than that."""

_ready_at: "WeakKeyDictionary[VectorIndex, dict[str, float]]" = WeakKeyDictionary()
"""When each index was last seen to have the collections of an embedder."""


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
    if not rows:
        return
    seen, name, vectors = _ready_at.setdefault(index, {}), name_of(embedder), vectors_of(rows)
    if time.monotonic() - seen.get(embedder, -READY_SECONDS) < READY_SECONDS:
        try:
            index.upsert(name, [row.pk for row in rows], vectors)
        except Unavailable:
            pass  # perhaps it lost the collection this very moment, which is mended below; else that fails, too
        else:
            return
    ready(index, embedder)
    seen[embedder] = time.monotonic()
    index.upsert(name, [row.pk for row in rows], vectors)


def vectors_of(rows: Sequence[Embedding]) -> Vectors:
    return unpacked([bytes(row.vector) for row in rows])


def insert_hashes(index: VectorIndex, prints: Iterable[Fingerprint]) -> None:
    """Put the upright PDQ hashes of ``prints`` into their collection under their ids."""
    rows = list(prints)
    if rows:
        index.upsert(name_of_hashes(), [row.pk for row in rows], upright_hashes(rows))


def upright_hashes(rows: Sequence[Fingerprint]) -> Vectors:
    return checked(np.stack([hashes.pdq_vector(bytes(row.pdq)[: hashes.PDQ_BYTES]) for row in rows]))


def hash_queries(prints: Iterable[bytes]) -> Vectors:
    """
    What is asked of the hashes for n pictures, :func:`gallery.images.hashes.queries` of each in turn: turned and
    mirrored copies are found, and negatives.

    :param prints: of each picture its eight PDQ hashes, 256 bytes.
    :returns: shape ``(PDQ_QUERIES * n, 256)``.
    """
    return checked(np.stack([hashes.pdq_vector(query) for found in prints for query in hashes.queries(found)]))
