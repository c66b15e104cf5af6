"""Asking for work because somebody looks at a picture. Loads no decoder: pages call it."""

from django.db import transaction

from gallery import outbox
from gallery.models import StoredFile


def ask_for_tiles(stored: StoredFile) -> None:
    """Have the tiles of ``stored`` made by a worker, if they are not there. Asking again changes nothing."""
    if stored.tiled_at is None and stored.purged_at is None and stored.tile_count:
        with transaction.atomic():
            outbox.send("tile", key=stored.pk)
