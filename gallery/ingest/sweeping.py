"""The sweeper: nothing that was accepted is forgotten, whatever died."""

import datetime as dt

import structlog
from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from gallery import outbox, store
from gallery.images import header
from gallery.models import Image, OutboxEntry
from gallery.models.image import original_key

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0
"""How long work may be due with nobody at it before the bell is rung again."""

RINGS = 4
"""Doorbells per topic and sweep: one wakes one process, which works on until nothing is due."""

ABANDONED_AFTER = dt.timedelta(hours=1)
"""An upload whose bytes never arrived completely. Its sender was never told that it is safe."""

IMAGE_TOPICS = ("ingest", "search", "verify")


def sweep() -> bool:
    """
    Ring for what is overdue, set aside what failed three times, remove what never arrived.

    Returns whether the broker took every bell, which it did if there was none to ring.
    """
    heard = True
    exhausted = outbox.exhausted()
    if exhausted:
        with transaction.atomic():
            _quarantine(exhausted)
    for topic, count in outbox.overdue(seconds=PATIENCE_SECONDS).items():
        for _ring in range(min(RINGS, count)):
            heard &= outbox.announce(topic)
    remove_abandoned()
    return heard


def _quarantine(entries: list[OutboxEntry]) -> None:
    outbox.set_aside(entries)
    for entry in entries:
        log.error("quarantined", topic=entry.topic, key=entry.key, reason=entry.last_problem)
    images = [int(entry.key) for entry in entries if entry.topic in IMAGE_TOPICS]
    Image.objects.filter(pk__in=images, stage__in=Image.Stage.waiting_stages()).update(
        stage=Image.Stage.QUARANTINED,
        refusal_code="quarantined",
        refusal=_("This image could not be worked on after three attempts. Nothing is lost; the site's admins see it."),
    )


def remove_abandoned() -> int:
    """Delete rows and partial files of uploads that broke off. Returns how many."""
    stale = Image.objects.filter(stage=Image.Stage.RECEIVING, created_at__lt=Now() - ABANDONED_AFTER)
    count = 0
    for image in stale.select_related("file")[:100]:
        for stored in image.files.all():
            # The row names its file only once that is safe; by then part of it, or all, may lie there.
            store.drop(original_key(stored, f"original.{header.KINDS[stored.format].extensions[0]}"))
        try:
            with transaction.atomic():
                Image.objects.filter(pk=image.pk).update(file=None)
                image.files.all().delete()
                image.delete()
        except ProtectedError:
            log.warning("abandoned_upload_in_use", image=image.public_id)
            continue
        count += 1
    return count


def revive(entries: "list[OutboxEntry]") -> int:
    """Try again what was set aside: the entries are due at once and their images are waiting again."""
    with transaction.atomic():
        images = [int(entry.key) for entry in entries if entry.topic in IMAGE_TOPICS]
        quarantined = Image.objects.filter(pk__in=images, stage=Image.Stage.QUARANTINED)
        quarantined.update(stage=Image.Stage.STORED, refusal="", refusal_code="")
        return outbox.retry(OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries]))
