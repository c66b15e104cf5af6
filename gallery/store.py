"""The object store: Django's default storage, local or S3, with its failures translated."""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from gallery.errors import Unavailable
from gallery.models import StoredFile

SENTENCE = "The image store does not answer right now. Nothing was lost; try again in a moment."


@contextmanager
def translated() -> Iterator[None]:
    """
    Failures of the store as :class:`gallery.errors.Unavailable`.

    A file that is not there is not a failure of the store: FileNotFoundError goes through.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError, ClientError) as error:
        raise Unavailable("storage", SENTENCE) from error


def keep(stored: StoredFile, content: "File[bytes]", *, extension: str) -> None:
    """Write an original under its own key. Writing it again is the same write."""
    with translated():
        content.seek(0)
        stored.blob.save(f"original.{extension}", content, save=False)


@contextmanager
def on_disk(stored: StoredFile) -> Iterator[Path]:
    """The original as a local file: itself where the store is local, else a copy that is deleted afterwards."""
    with translated():
        try:
            local = Path(default_storage.path(stored.blob.name or ""))
        except NotImplementedError:  # what a store says that keeps no local files
            local = None
    if local is not None:
        yield local
        return
    with tempfile.NamedTemporaryFile(prefix="dedup-") as copy:
        with translated(), stored.blob.open("rb") as source:
            shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)


def put(key: str, data: bytes) -> None:
    """Write a rendition under its deterministic key."""
    with translated():
        default_storage.save(key, ContentFile(data))


def get(key: str) -> bytes:
    """
    Read a rendition.

    :raises FileNotFoundError: if it was never made.
    """
    with translated(), default_storage.open(key, "rb") as source:
        return bytes(source.read())


def exists(key: str) -> bool:
    with translated():
        return bool(default_storage.exists(key))


def drop(key: str) -> None:
    """Delete a key; one that is not there is fine."""
    with translated():
        default_storage.delete(key)


def keys() -> Iterator[tuple[str, int]]:
    """Every key in the store and the bytes it holds, in no order."""
    with translated():
        if isinstance(default_storage, FileSystemStorage):
            root = Path(default_storage.location)
            for folder, _folders, names in os.walk(root):
                for name in names:
                    path = Path(folder, name)
                    yield path.relative_to(root).as_posix(), path.stat().st_size
        else:
            for found in cast(Any, default_storage).bucket.objects.all():  # S3, as settings.py knows only these two
                yield found.key, found.size


def blocks(key: str) -> Iterator[bytes]:
    """
    What a key holds, a megabyte at a time.

    :raises FileNotFoundError: if it is not there.
    """
    with translated(), default_storage.open(key, "rb") as source:
        yield from source.chunks(1 << 20)


def put_file(key: str, file: Path) -> None:
    """Write what a local file holds under ``key``, in the place of what was there."""
    with translated(), file.open("rb") as content:
        default_storage.save(key, File(content))


def size(key: str) -> int | None:
    """The bytes that a key holds; None if it is not there."""
    with translated():
        try:
            return int(default_storage.size(key))
        except FileNotFoundError:
            return None


def age(key: str) -> dt.timedelta:
    """How long ago a key was written."""
    with translated():
        return timezone.now() - default_storage.get_modified_time(key)
