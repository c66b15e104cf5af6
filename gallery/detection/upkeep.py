"""SQL is the truth: compares the index with it, and mends the index."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from gallery import embedders, index, outbox
from gallery.detection import collections
from gallery.index.base import VectorIndex
from gallery.models import Collection, Embedding, Fingerprint, Image, Policy

log = structlog.get_logger(__name__)

AT_ONCE = 500


@dataclass(slots=True)
class Repair:
    """What was found in one collection: how many ids SQL has, how many were missing in the index, how many too many."""

    name: str
    expected: int = 0
    missing: int = 0
    surplus: int = 0
    images: set[int] = field(default_factory=set)

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.surplus)


def reconcile(*, thorough: bool = False, repair: bool = True) -> list[Repair]:
    """
    Make both collections hold exactly what SQL says, and have the images that were missing searched again.

    Counts first, ids only if they differ or ``thorough`` is asked for. Images that are still on their way are left out:
    their own work inserts them.

    :param repair: mend what is found; else it is only told.
    :raises Unavailable: if the index does not answer.
    """
    client, policy = index.load(), Policy.objects.in_force()
    if repair:
        collections.ready(client, policy.embedder)
    repairs = [
        _vectors(client, policy.embedder, thorough=thorough, repair=repair),
        _hashes(client, thorough=thorough, repair=repair),
    ]
    # Nothing is searched in the others yet, or any more: what one of them lacked was not missed by anybody.
    repairs += [
        replace(_vectors(client, name, thorough=thorough, repair=repair), images=set())
        for name in Collection.objects.fed_besides(policy.embedder)
    ]
    images = set[int]().union(*(repair.images for repair in repairs))
    for chunk in _chunks(sorted(images)):
        with transaction.atomic():
            for image in chunk:
                outbox.send("search", key=image)
    return repairs


def _there() -> Q:
    return Q(file__image__stage__in=[Image.Stage.INDEXED, Image.Stage.SEARCHED, Image.Stage.COMPARED])


def fill(embedder: str) -> Repair:
    """
    Make one network's collection hold all its vectors that SQL has. What was found is told.

    :raises Unavailable: if the index does not answer.
    """
    client = index.load()
    collections.ready(client, embedder)
    return _vectors(client, embedder, thorough=True, repair=True)


def _vectors(client: VectorIndex, embedder: str, *, thorough: bool, repair: bool) -> Repair:
    key = embedders.key_of(embedder)
    there = Fingerprint.objects.filter(_there())
    rows = Embedding.objects.of_model(key).filter(fingerprint__in=there).select_related("fingerprint__file")

    def insert(ids: list[int]) -> set[int]:
        found = list(rows.filter(pk__in=ids))
        collections.insert(client, found, embedder=embedder)
        return {row.fingerprint.file.image_id for row in found}

    known: QuerySet[Embedding] = Embedding.objects.of_model(key)
    found = _compared(client, collections.name_of(embedder), rows, known, thorough=thorough)
    return _mended(client, found, insert) if repair else found.repair


def _hashes(client: VectorIndex, *, thorough: bool, repair: bool) -> Repair:
    rows = Fingerprint.objects.filter(_there()).select_related("file")

    def insert(ids: list[int]) -> set[int]:
        found = list(rows.filter(pk__in=ids))
        collections.insert_hashes(client, found)
        return {row.file.image_id for row in found}

    found = _compared(client, collections.name_of_hashes(), rows, Fingerprint.objects.all(), thorough=thorough)
    return _mended(client, found, insert) if repair else found.repair


@dataclass(slots=True)
class _Difference:
    """What a collection lacks and what it has too many of."""

    repair: Repair
    missing: list[int] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)


def _compared(
    client: VectorIndex,
    name: str,
    expected: "QuerySet[Embedding] | QuerySet[Fingerprint]",
    known: "QuerySet[Embedding] | QuerySet[Fingerprint]",
    *,
    thorough: bool,
) -> _Difference:
    """``expected`` must be there; of ``known`` some are on their way; what is neither is surplus."""
    found = _Difference(Repair(name, expected=expected.count()))
    if thorough or found.repair.expected > client.count(name) or client.count(name) > known.count():
        wanted = expected.order_by("pk").values_list("pk", flat=True).iterator()
        found.missing, surplus = _compare(wanted, client.ids(name))
        found.surplus = [pk for chunk in _chunks(surplus) for pk in set(chunk) - set(_ids(known, chunk))]
        found.repair.missing, found.repair.surplus = len(found.missing), len(found.surplus)
    Collection.objects.filter(name=name).update(checked_at=Now())
    return found


def _mended(client: VectorIndex, found: _Difference, insert: Callable[[list[int]], set[int]]) -> Repair:
    repair = found.repair
    for chunk in _chunks(found.missing):
        repair.images |= insert(chunk)
    for chunk in _chunks(found.surplus):
        client.delete(repair.name, chunk)
    if not repair.is_clean:
        Collection.objects.filter(name=repair.name).update(repaired_at=Now(), epoch=uuid.uuid4())
        log.warning("index_repaired", collection=repair.name, missing=repair.missing, surplus=repair.surplus)
    return repair


def _ids(rows: "QuerySet[Embedding] | QuerySet[Fingerprint]", wanted: list[int]) -> Iterable[int]:
    return rows.filter(pk__in=wanted).values_list("pk", flat=True)


def _compare(wanted: Iterator[int], stored: Iterator[int]) -> tuple[list[int], list[int]]:
    """What only the first and what only the second of two ascending streams holds."""
    missing: list[int] = []
    surplus: list[int] = []
    want, have = next(wanted, None), next(stored, None)
    while want is not None or have is not None:
        if have is None or (want is not None and want < have):
            missing.append(want)  # type: ignore[arg-type]  # not None: else the loop had ended or have were larger
            want = next(wanted, None)
        elif want is None or have < want:
            surplus.append(have)
            have = next(stored, None)
        else:
            want, have = next(wanted, None), next(stored, None)
    return missing, surplus


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    found = iter(ids)
    while chunk := list(islice(found, AT_ONCE)):
        yield chunk
