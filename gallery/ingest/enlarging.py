"""
Tiles of all the pixels of a file, made when somebody looks closer than its small copies show.

They are cut by the same sandboxed child that decodes uploads, kept for some days and made again when asked for.
"""

import datetime as dt

import structlog
from django.db import transaction
from django.utils import timezone

from gallery import outbox, store
from gallery.errors import IngestError, Poisoned
from gallery.ingest.pipeline import examiner
from gallery.models import StoredFile
from gallery.outbox import Claim

log = structlog.get_logger(__name__)

KEPT = dt.timedelta(days=7)


def work(claim: Claim) -> None:
    """Cut the files of ``claim``, one after the other. What cannot be decoded is left as it is."""
    for place, entry in enumerate(claim.entries):
        outbox.renew(claim, claim.entries[place:])
        stored = StoredFile.objects.select_related("image").filter(pk=int(entry.key), purged_at=None).first()
        made = stored is not None and stored.tiled_at is None and _make(stored)
        with transaction.atomic():
            outbox.finish(claim, [entry])
            if made:
                StoredFile.objects.filter(pk=int(entry.key)).update(tiled_at=timezone.now())


def _make(stored: StoredFile) -> bool:
    try:
        with store.on_disk(stored) as path:
            tiles = examiner().cut(path, side=StoredFile.TILE)
    except (FileNotFoundError, IngestError, Poisoned) as reason:
        log.warning("not_tiled", image=stored.image.public_id, reason=str(reason))
        return False
    for (column, row), data in tiles.items():
        store.put(stored.tile_key(column, row), data)
    return True


def forget_tiles(*, limit: int = 200) -> int:
    """Delete the tiles that were made some days ago. Returns of how many files."""
    old = StoredFile.objects.filter(tiled_at__lt=timezone.now() - KEPT).select_related("image").order_by("tiled_at")
    count = 0
    for stored in old[:limit]:
        # First the row: tiles that nobody knows of are written again, those that are missing would be looked for.
        StoredFile.objects.filter(pk=stored.pk).update(tiled_at=None)
        for key in stored.tile_keys():
            store.drop(key)
        count += 1
    return count
