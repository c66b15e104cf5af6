"""Embedding images that are here already with another network, from their stored originals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from gallery import embedders, store
from gallery.errors import IngestError, Poisoned
from gallery.images.examination import Examination
from gallery.ingest.pipeline import examiner
from gallery.ingest.vectors import vectors_of, views_of
from gallery.models import Embedding, Fingerprint, Policy, StoredFile
from gallery.models.fingerprint import FingerprintQuerySet

AT_ONCE = 16
"""Pictures in memory at a time, and rows in a transaction."""


@dataclass(slots=True)
class Batch:
    """What came of a few images: the id of the last fingerprint, how many were embedded, why others were not."""

    last: int
    embedded: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


def pending(embedder: str) -> FingerprintQuerySet:
    """What that network has not seen and whose original is there, in id order."""
    return Fingerprint.objects.lacking(embedders.key_of(embedder)).filter(file__purged_at=None).order_by("pk")


def fill_some(embedder: str, *, after: int, examine: Callable[[StoredFile], Examination]) -> Batch | None:
    """
    Embed the next few images after the fingerprint ``after``. None if there are none.

    Ended at any point it has done whole images or nothing: the next call with the same ``after`` goes on.

    :param examine: opens a stored original safely.
    :raises ModelMissing: if the network's weights are not there.
    :raises Unavailable: if the store does not answer.
    """
    prints = list(pending(embedder).filter(pk__gt=after).select_related("file__image")[:AT_ONCE])
    if not prints:
        return None
    batch = Batch(last=prints[-1].pk)
    opened: list[tuple[Fingerprint, Examination]] = []
    for row in prints:
        try:
            opened.append((row, examine(row.file)))
        except FileNotFoundError:
            batch.left_out[row.file.image.public_id] = "The file is not in the store."
        except (IngestError, Poisoned) as error:
            batch.left_out[row.file.image.public_id] = str(error)
    batch.embedded = len(opened)
    if opened:
        _embed(opened, embedder)
    return batch


def _embed(opened: Sequence[tuple[Fingerprint, Examination]], embedder: str) -> None:
    deep = Policy.objects.in_force().deep_search
    shown = [(row, part) for row, facts in opened for part in views_of(facts, deep=deep)]
    vectors = vectors_of([part for _row, part in shown], embedder)
    rows = [
        Embedding(fingerprint=row, model_key=embedders.key_of(embedder), view=part.view, vector=vector)
        for (row, part), vector in zip(shown, vectors, strict=True)
    ]
    with transaction.atomic():
        # An upload that a worker embedded meanwhile is as good.
        Embedding.objects.bulk_create(rows, ignore_conflicts=True)


def examine_stored(stored: StoredFile) -> Examination:
    """
    The facts of a stored original, found in this process' sandbox.

    :raises FileNotFoundError: if it is not in the store.
    :raises IngestError: if it can not be decoded (any more).
    :raises Poisoned: if the decoder died of it.
    """
    with store.on_disk(stored) as path:
        return examiner().examine(path)
