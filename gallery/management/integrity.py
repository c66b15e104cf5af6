"""
Is all there that should be, and as it was written? Files, small copies, work, index, journals, audit chain.

Each check is a generator of findings. What can be made again from what is there is mended where that is asked for;
nothing is ever deleted but files without a row, and those only when they are asked for by name.
"""

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, Protocol

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from gallery import outbox, store
from gallery.detection import upkeep
from gallery.errors import IngestError, Poisoned, Unavailable
from gallery.images.renditions import KINDS, RENDITIONS
from gallery.ingest import pipeline
from gallery.models import AuditEntry, Image, OutboxEntry, Pair, StoredFile
from gallery.review import bookkeeping

AT_ONCE = 500
FRESH = dt.timedelta(days=1)
"""Files without a row that are younger are left alone: something may be about to name them."""

Stage = Image.Stage


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. ``what`` is a sentence about ``subject``."""

    check: str
    subject: str
    what: str
    mended: bool = False


class Watch(Protocol):
    """Passes things on, to show how far a check is."""

    def __call__(self, things: Iterable[Any], *, what: str, total: int) -> Iterable[Any]: ...


def unwatched(things: Iterable[Any], *, what: str, total: int) -> Iterable[Any]:
    del what, total
    return things


@dataclass(kw_only=True)
class Inspection:
    """
    ``share`` of the originals, 0 to 1, are read and their checksums compared; of the others only sizes are.

    ``looked_at`` counts what each check looked at.
    """

    repair: bool = False
    delete_orphans: bool = False
    share: float = 1.0
    watch: Watch = unwatched
    looked_at: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keys: dict[str, int] = {}

    def run(self) -> Iterator[Finding]:
        """
        Every check, one after the other.

        :raises Unavailable: if the store does not answer.
        """
        self._keys = dict(store.keys())
        for name, check in CHECKS.items():
            self.looked_at[name] = 0
            for finding in check(self):
                yield replace(finding, check=name)

    def each(self, rows: QuerySet[Any], *, what: str) -> Iterator[Any]:
        total = self.looked_at[what] = rows.count()
        yield from self.watch(rows.order_by("pk").iterator(AT_ONCE), what=what, total=total)

    def has(self, key: str) -> bool:
        """Whether the store has a key, also if it was written since it was listed."""
        return key in self._keys or store.size(key) is not None

    @property
    def keys(self) -> dict[str, int]:
        return self._keys


def _found(subject: object, what: str, *, mended: bool = False) -> Finding:
    return Finding("", str(subject), what, mended)


def _kept() -> QuerySet[StoredFile]:
    """The files that must be there."""
    there = StoredFile.objects.filter(purged_at=None).exclude(blob="").exclude(image__stage=Stage.RECEIVING)
    return there.select_related("image")


def check_originals(inspection: Inspection) -> Iterator[Finding]:
    chance = random.Random()  # noqa: S311 - a sample, no secret
    for stored in inspection.each(_kept(), what="originals"):
        key = stored.blob.name
        size = inspection.keys.get(key) or store.size(key)
        if size is None:
            if StoredFile.objects.filter(pk=stored.pk, purged_at=None).exclude(blob="").exists():
                yield _found(stored.image.public_id, f"its file {key} is missing")
        elif size != stored.bytes:
            yield _found(stored.image.public_id, f"its file {key} has {size} bytes, it had {stored.bytes}")
        elif chance.random() < inspection.share and _digest(key) != stored.sha256:
            yield _found(stored.image.public_id, f"its file {key} is not what was uploaded: its checksum differs")


def _digest(key: str) -> str:
    digest = hashlib.sha256()
    for block in store.blocks(key):
        digest.update(block)
    return digest.hexdigest()


def check_rows(inspection: Inspection) -> Iterator[Finding]:
    """Images that were taken in and name no file."""
    taken = Image.objects.filter(stage__in=Stage.stored_stages())
    inspection.looked_at["rows"] = taken.count()
    for image in taken.filter(file=None) | taken.filter(file__blob=""):
        yield _found(image.public_id, "it was taken in and names no file")


def check_renditions(inspection: Inspection) -> Iterator[Finding]:
    read = _kept().filter(fingerprint__isnull=False).select_related("fingerprint")
    for stored in inspection.each(read, what="renditions"):
        kinds = RENDITIONS if stored.fingerprint.over_black_quality is None else KINDS
        names = [(name, stored.rendition_key(name, kind.extension)) for name, kind in kinds.items()]
        lacking = [name for name, key in names if not inspection.has(key)]
        if lacking:
            mended = inspection.repair and _render(stored)
            yield _found(stored.image.public_id, f"its small copies are missing: {', '.join(lacking)}", mended=mended)


def _render(stored: StoredFile) -> bool:
    """Make the small copies again. Whether the original still could be read."""
    try:
        with store.on_disk(stored) as path:
            facts = pipeline.examiner().examine(path)
    except (FileNotFoundError, IngestError, Poisoned):
        return False  # told by the check of the originals, or of no picture any more
    for name, data in facts.renditions.items():
        store.put(stored.rendition_key(name, KINDS[name].extension), data)
    return True


def check_orphans(inspection: Inspection) -> Iterator[Finding]:
    """Files that no row names: of an upload that broke off, or younger than a restored database."""
    inspection.looked_at["orphans"] = len(inspection.keys)
    keys = iter(inspection.watch(sorted(inspection.keys), what="orphans", total=len(inspection.keys)))
    while chunk := list(islice(keys, AT_ONCE)):
        for key in sorted(set(chunk) - _named(chunk)):
            old = inspection.delete_orphans and store.age(key) > FRESH
            if old:
                store.drop(key)
            yield _found(key, "no row names this file", mended=old)


def _named(keys: list[str]) -> set[str]:
    """Those of ``keys`` that belong to a row."""
    homes = {key: _home(key) for key in keys}
    images = {name for kind, name in homes.values() if kind == "original"}
    receiving = set(
        Image.objects.filter(public_id__in=images, stage=Stage.RECEIVING).values_list("public_id", flat=True)
    )
    blobs = set(StoredFile.objects.filter(blob__in=keys, purged_at=None).values_list("blob", flat=True))
    files = _existing(StoredFile.objects.filter(purged_at=None), homes, "rendition")
    pairs = _existing(Pair.objects.all(), homes, "pair")
    there = {"rendition": files, "pair": pairs, "original": receiving, "": set()}
    return {key for key, (kind, name) in homes.items() if key in blobs or name in there[kind]}


def _existing(rows: QuerySet[Any], homes: dict[str, tuple[str, str]], wanted: str) -> set[str]:
    ids = {int(name) for kind, name in homes.values() if kind == wanted}
    return {str(pk) for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)}


def _home(key: str) -> tuple[str, str]:
    """What a key of ours is of: the kind, and the id in it. Two empty words for one that is not ours."""
    match PurePosixPath(key).parts:
        case ("originals", _, name):
            return "original", name.partition(".")[0]
        case ("renditions", "pairs", _, pair, _) if pair.isdecimal():
            return "pair", pair
        case ("renditions", _, _, name) if name.partition("-")[0].isdecimal():
            return "rendition", name.partition("-")[0]
    return "", ""


def check_work(inspection: Inspection) -> Iterator[Finding]:
    """Whatever waits must have work in the outbox, or it would wait for ever."""
    waits = {Stage.STORED: "ingest", Stage.DECODED: "ingest", Stage.SEARCHED: "verify"}
    idle = _without_work(Image.objects.filter(stage__in=Stage.waiting_stages(), standing=Image.Standing.LIVE), "pk")
    candidates = _without_work(Pair.objects.filter(state=Pair.State.CANDIDATE), "right", topics=["verify"])
    inspection.looked_at["work"] = OutboxEntry.objects.count()
    forgotten = [(image.public_id, waits.get(Stage(image.stage), "search"), image.pk) for image in idle]
    forgotten += [(f"pair {pair.pk}", "verify", pair.right_id) for pair in candidates]
    for subject, topic, key in forgotten:
        if inspection.repair:
            with transaction.atomic():
                outbox.send(topic, key=key)
        yield _found(subject, f"it waits, and no work ({topic}) is asked for", mended=inspection.repair)


def _without_work(rows: QuerySet[Any], key: str, *, topics: Iterable[str] = ("ingest", "search", "verify")) -> Any:
    # One statement: work is finished and the next asked for in one transaction, so that there is some at every moment.
    work = OutboxEntry.objects.filter(topic__in=topics, key=Cast(OuterRef(key), CharField()))
    return rows.exclude(Exists(work)).order_by("pk")


def check_index(inspection: Inspection) -> Iterator[Finding]:
    try:
        repairs = upkeep.reconcile(thorough=True, repair=inspection.repair)
    except Unavailable as error:
        yield _found("index", f"it was not checked: {error}")
        return
    inspection.looked_at["index"] = sum(repair.expected for repair in repairs)
    for repair in repairs:
        if not repair.is_clean:
            state = "; it is in another state than SQL knows" if repair.astray else ""
            what = f"it lacks {repair.missing} vectors and has {repair.surplus} too many{state}"
            yield _found(repair.name, what, mended=inspection.repair)


def check_journals(inspection: Inspection) -> Iterator[Finding]:
    inspection.looked_at["journals"] = Image.objects.count()
    for image, what in bookkeeping.discrepancies():
        yield _found(image.public_id, what)


def check_audit(inspection: Inspection) -> Iterator[Finding]:
    inspection.looked_at["audit"] = AuditEntry.objects.count()
    if (broken := AuditEntry.objects.all().first_break()) is not None:
        yield _found(f"position {broken}", "the audit chain is broken here")


CHECKS: dict[str, Callable[[Inspection], Iterator[Finding]]] = {
    "originals": check_originals,
    "rows": check_rows,
    "renditions": check_renditions,
    "orphans": check_orphans,
    "work": check_work,
    "index": check_index,
    "journals": check_journals,
    "audit": check_audit,
}
