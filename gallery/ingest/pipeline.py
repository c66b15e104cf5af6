"""
The stages between a stored file and an embedded one, a batch at a time.

decode → hash → renditions → embed. Each stage is idempotent: keys in the store and rows are the same when it is done
again. The image's row records how far it came; the work itself waits in the outbox. Inserting into the index and
searching it belong together and are done by :mod:`gallery.detection.comparison`.
"""

import atexit
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction

from gallery import embedders, outbox, store
from gallery.conf import conf
from gallery.errors import IngestError, ModelMissing, Poisoned
from gallery.images.examination import Examination
from gallery.images.renditions import KINDS
from gallery.images.sandbox import Examiner
from gallery.ingest.vectors import vectors_of, views_of
from gallery.models import Collection, Embedding, Fingerprint, Image, OutboxEntry, Policy, StoredFile
from gallery.outbox import Claim

log = structlog.get_logger(__name__)

Stage = Image.Stage

_examiners: dict[tuple[int, int, int, bool], Examiner] = {}


@dataclass(frozen=True, slots=True)
class Opened:
    """An image of the batch that could be decoded."""

    entry: OutboxEntry
    image: Image
    facts: Examination


def run(claim: Claim) -> None:
    """
    Bring the images of ``claim`` from stored to embedded, and ask for their comparison.

    A refused file is written down as refused, a poisoned one postponed; neither holds up its neighbours.

    :raises Unavailable: if a neighbour is down. What is not finished stays in the outbox.
    """
    policy = Policy.objects.in_force()
    images = Image.objects.select_related("file__image").in_bulk(claim.keys)
    opened: list[Opened] = []
    for place, entry in enumerate(claim.entries):
        outbox.keep(claim, [*(found.entry for found in opened), *claim.entries[place:]])
        image = images.get(int(entry.key))
        if image is None or not image.is_waiting or image.standing == Image.Standing.REMOVED:
            _drop(claim, entry, image)
        elif found := _open(claim, entry, image):
            opened.append(found)
    if not opened:
        return
    _embed(claim, opened, policy)


def _drop(claim: Claim, entry: OutboxEntry, image: Image | None) -> None:
    """Work whose image is done, refused or gone. The bytes of one that was refused go now."""
    if image is not None and image.stage == Stage.REJECTED and not image.held:
        stored = _file_of(image)
        if stored.blob:
            store.drop(stored.blob.name or "")
            StoredFile.objects.filter(pk=stored.pk).update(blob="")
    with transaction.atomic():
        outbox.finish(claim, [entry])


def _open(claim: Claim, entry: OutboxEntry, image: Image) -> Opened | None:
    """Decode one file in the sandbox and keep what is known of it; None if it goes no further now."""
    stored = _file_of(image)
    try:
        with store.on_disk(stored) as path:
            facts = examiner().examine(path)
    except FileNotFoundError:
        log.warning("original_missing", image=image.public_id)
        outbox.postpone(claim, "The file is not in the store.", seconds=30, counted=True, entries=[entry])
        return None
    except IngestError as error:
        _refuse(claim, entry, image, error)
        return None
    except Poisoned as error:
        log.warning("decoder_died", image=image.public_id, attempt=entry.attempts + 1, reason=str(error))
        outbox.postpone(claim, str(error), seconds=2, counted=True, entries=[entry])
        return None
    for name, data in facts.renditions.items():
        store.put(stored.rendition_key(name, KINDS[name].extension), data)
    return Opened(entry, image, facts)


def _file_of(image: Image) -> StoredFile:
    if image.file is None:
        raise ValueError(f"image {image.public_id} waits for ingest and has no file")
    return image.file


def examiner() -> Examiner:
    """This process' sandbox, kept from file to file and replaced when its limits change."""
    limits = (conf().max_pixels, conf().decode_seconds, conf().decode_memory_mb, conf().decoder_jail)
    if limits not in _examiners:
        end_examiners()
        max_pixels, seconds, memory_mb, jailed = limits
        _examiners[limits] = Examiner(max_pixels=max_pixels, seconds=seconds, memory_mb=memory_mb, jailed=jailed)
    return _examiners[limits]


@atexit.register
def end_examiners() -> None:
    """End the sandbox of this process; the next file gets a new one."""
    while _examiners:
        _limits, old = _examiners.popitem()
        old.close()


def _refuse(claim: Claim, entry: OutboxEntry, image: Image, error: IngestError) -> None:
    """
    The uploader's to mend. The row keeps the reason; the same file may be sent again.

    Its bytes are deleted by work of its own, so that they go also where this process or the store dies in between.
    """
    with transaction.atomic():
        outbox.finish(claim, [entry])
        Image.objects.filter(pk=image.pk).update(
            stage=Stage.REJECTED, refusal_code=error.code, refusal=str(error)[:400], upload_hash=""
        )
        outbox.send("ingest", key=image.pk)
    log.info("refused", image=image.public_id, code=error.code)


def _embed(claim: Claim, opened: Sequence[Opened], policy: Policy) -> None:
    """Write the vectors of all views of the batch, once per content, model and view; hand over to the search."""
    shown = [(found, part) for found in opened for part in views_of(found.facts, deep=policy.deep_search)]
    parts = [part for _found, part in shown]
    vectors = {policy.embedder: vectors_of(parts, policy.embedder)}
    for name in Collection.objects.fed_besides(policy.embedder):
        try:
            vectors[name] = vectors_of(parts, name)
        except ModelMissing as error:
            # Uploads do not wait for a network that nobody searches with; back-filling goes on where it lacks.
            log.warning("second_model_missing", embedder=name, reason=str(error))
    with transaction.atomic():
        outbox.finish(claim, [found.entry for found in opened])
        prints = _describe(opened)
        rows = [
            Embedding(
                fingerprint_id=prints[_file_of(found.image).pk],
                model_key=embedders.key_of(name),
                view=part.view,
                vector=vector,
            )
            for name, packed_rows in vectors.items()
            for (found, part), vector in zip(shown, packed_rows, strict=True)
        ]
        Embedding.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["fingerprint", "model_key", "view"],
            update_fields=["vector"],
        )
        _move([found.image.pk for found in opened], Stage.EMBEDDED)
        outbox.send_many("search", keys=[found.image.pk for found in opened])


def _describe(opened: Sequence[Opened]) -> dict[int, int]:
    """Write the facts of the files and their fingerprints, whose ids are returned by those of the files."""
    files, rows = [], []
    for found in opened:
        facts, stored = found.facts, _file_of(found.image)
        stored.width, stored.height, stored.format = facts.width, facts.height, facts.kind
        stored.quality, stored.frames = facts.jpeg_quality, facts.frames
        files.append(stored)
        rows.append(
            Fingerprint(
                file=stored,
                pixel_hash=facts.pixel_hash,
                decoder_version=facts.decoder_version,
                pdq=facts.pdq.hashes,
                pdq_quality=facts.pdq.quality,
                dominant_share=facts.dominant_share,
                over_black_pdq=facts.over_black.pdq.upright if facts.over_black else b"",
                over_black_quality=facts.over_black.pdq.quality if facts.over_black else None,
            )
        )
    StoredFile.objects.write(files, ["width", "height", "quality", "frames", "format"])
    Fingerprint.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["file"],
        update_fields=[
            *("pixel_hash", "decoder_version", "pdq", "pdq_quality"),
            *("dominant_share", "over_black_pdq", "over_black_quality"),
        ],
    )
    return dict(Fingerprint.objects.filter(file__in=files).values_list("file", "pk"))


def _move(images: Sequence[int], stage: Image.Stage) -> None:
    """Forwards only: whoever was refused or removed meanwhile stays so."""
    Image.objects.filter(pk__in=images, stage__in=Stage.waiting_stages()).update(stage=stage)
