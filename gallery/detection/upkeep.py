"""SQL is the truth: compares the index with it, and mends the index."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from gallery import embedders, index, outbox
from gallery.detection import collections, epochs
from gallery.index.base import VectorIndex
from gallery.models import Collection, Embedding, Fingerprint, Image, OutboxEntry, Policy
from gallery.outbox import Claim

log = structlog.get_logger(__name__)

AT_ONCE = 500


@dataclass(slots=True)
class Repair:
    """
    What was found in one collection: how many ids SQL has, how many were missing in the index, how many too many.

    ``astray``: it was not in the state that SQL knows, so that ids in it may have meant other pictures. All its vectors
    were written again.
    """

    name: str
    expected: int = 0
    missing: int = 0
    surplus: int = 0
    astray: bool = False
    images: set[int] = field(default_factory=set)
    """Those that were missing: others may have missed them."""

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.surplus or self.astray)


def nothing() -> None:
    """What is done between two pieces of upkeep by those whose time nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """``between`` is called between two pieces of work."""

    client: VectorIndex
    thorough: bool
    repair: bool
    between: Callable[[], None] = nothing


Rows = QuerySet[Embedding] | QuerySet[Fingerprint]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """
    What a collection is to hold: ``expected`` must be there, of ``known`` some are on their way.

    ``images`` and ``insert`` are given ids. Where nothing is ``searched``, nobody missed what was missing.
    """

    name: str
    expected: Rows
    known: Rows
    images: Callable[[list[int]], set[int]]
    insert: Callable[[list[int]], None]
    searched: bool = True


def work(claim: Claim) -> None:
    """
    Compare and mend, as a piece of work: by one worker at a time, however long it takes.

    :raises Unavailable: if the index does not answer.
    """
    reconcile(between=lambda: outbox.renew(claim))
    with transaction.atomic():
        outbox.finish(claim)


def check_regularly() -> None:
    """What the scheduler asks for every minute. Upkeep that failed and was set aside is tried again, too."""
    with transaction.atomic():
        outbox.retry(OutboxEntry.objects.filter(topic="reconcile").exclude(quarantined_at=None))
        epochs.ask_for_upkeep()


def reconcile(*, thorough: bool = False, repair: bool = True, between: Callable[[], None] = nothing) -> list[Repair]:
    """
    Make both collections hold exactly what SQL says, and have the images that were missing searched again.

    Counts first, ids only if they differ or ``thorough`` is asked for. In a collection that is astray every vector is
    written again. Images that are still on their way are left out: their own work inserts them.

    :param repair: mend what is found; else it is only told.
    :param between: called between two pieces of work.
    :raises Unavailable: if the index does not answer.
    """
    task = _Task(client=index.load(), thorough=thorough, repair=repair, between=between)
    policy = Policy.objects.in_force()
    if repair:
        collections.ready(task.client, policy.embedder)
    kept = [_vectors(task.client, policy.embedder), _hashes(task.client)]
    # Nothing is searched in the others yet, or any more.
    kept += [_vectors(task.client, name, searched=False) for name in Collection.objects.fed_besides(policy.embedder)]
    return [_looked_after(task, one) for one in kept]


def _there() -> Q:
    return Q(file__image__stage__in=[Image.Stage.INDEXED, Image.Stage.SEARCHED, Image.Stage.COMPARED])


def fill(embedder: str) -> Repair:
    """
    Make one network's collection hold all its vectors that SQL has. What was found is told.

    :raises Unavailable: if the index does not answer.
    """
    client = index.load()
    collections.ready(client, embedder)
    task = _Task(client=client, thorough=True, repair=True)
    return _looked_after(task, _vectors(client, embedder, searched=False))


def _vectors(client: VectorIndex, embedder: str, *, searched: bool = True) -> _Kept:
    known: QuerySet[Embedding] = Embedding.objects.of_model(embedders.key_of(embedder))
    expected = known.filter(fingerprint__in=Fingerprint.objects.filter(_there())).select_related("fingerprint__file")
    return _Kept(
        name=collections.name_of(embedder),
        expected=expected,
        known=known,
        images=lambda ids: set(known.filter(pk__in=ids).values_list("fingerprint__file__image", flat=True)),
        insert=lambda ids: collections.insert(client, list(expected.filter(pk__in=ids)), embedder=embedder),
        searched=searched,
    )


def _hashes(client: VectorIndex) -> _Kept:
    known: QuerySet[Fingerprint] = Fingerprint.objects.all()
    expected = known.filter(_there()).select_related("file")
    return _Kept(
        name=collections.name_of_hashes(),
        expected=expected,
        known=known,
        images=lambda ids: set(known.filter(pk__in=ids).values_list("file__image", flat=True)),
        insert=lambda ids: collections.insert_hashes(client, expected.filter(pk__in=ids)),
    )


def _looked_after(task: _Task, kept: _Kept) -> Repair:
    found = _compared(task, kept)
    Collection.objects.filter(name=kept.name).update(checked_at=Now())
    if task.repair:
        _mend(task, kept, found)
        epochs.renew(task.client, kept.name)
    return found.repair


@dataclass(slots=True)
class _Difference:
    """What a collection lacks and what it has too many of."""

    repair: Repair
    missing: list[int] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)


def _compared(task: _Task, kept: _Kept) -> _Difference:
    client = task.client
    found = _Difference(Repair(kept.name, expected=kept.expected.count(), astray=not epochs.agrees(client, kept.name)))
    repair, stored = found.repair, client.count(kept.name)
    if task.thorough or repair.astray or repair.expected > stored or stored > kept.known.count():
        wanted = kept.expected.order_by("pk").values_list("pk", flat=True).iterator()
        found.missing, found.surplus = _compare(wanted, client.ids(kept.name))
        if not repair.astray:
            # Where ids may mean other pictures, also the vector of one that is on its way is somebody else's.
            found.surplus = [pk for some in _chunks(found.surplus) for pk in set(some) - set(_ids(kept.known, some))]
        repair.missing, repair.surplus = len(found.missing), len(found.surplus)
    return found


def _mend(task: _Task, kept: _Kept, found: _Difference) -> None:
    repair = found.repair
    if repair.is_clean:
        return
    for chunk in _chunks(found.surplus):
        task.between()
        task.client.delete(kept.name, chunk)
    for chunk in _chunks(found.missing):
        task.between()
        if kept.searched:
            _have_searched_again(kept.images(chunk), repair)
        kept.insert(chunk)
    if repair.astray:
        missing = set(found.missing)
        for chunk in _chunks(kept.expected.order_by("pk").values_list("pk", flat=True).iterator()):
            task.between()
            kept.insert([pk for pk in chunk if pk not in missing])
        epochs.forget_others(task.client, kept.name)
    Collection.objects.filter(name=kept.name).update(repaired_at=Now())
    told = {"missing": repair.missing, "surplus": repair.surplus, "astray": repair.astray}
    log.warning("index_repaired", collection=kept.name, **told)


def _have_searched_again(images: set[int], repair: Repair) -> None:
    """Before they are put back: ended in between, nobody would know any more that others may have missed them."""
    repair.images |= images
    with transaction.atomic():
        for image in images:
            outbox.send("search", key=image)


def _ids(rows: Rows, wanted: list[int]) -> Iterable[int]:
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
