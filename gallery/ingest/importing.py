"""
Taking in a folder of pictures that lies on the server, through the same door as every upload.

Doing it again goes on where it stopped: what this person has already is not taken twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from django.core.files.uploadedfile import UploadedFile

from gallery.errors import IngestError
from gallery.ingest import intake
from gallery.models import Image, User

AT_ONCE = 500
"""Rows asked for in one query."""

FILES_AT_ONCE = 64
"""Files that are open at once, and taken in together."""

Thing = TypeVar("Thing")
Outcome = Literal["new", "known", "refused"]


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became of one file at the door. ``waiting``: its work is still to be done.

    ``image`` is the id of its image unless it was refused; then ``code`` and ``sentence`` say why.
    """

    path: Path
    outcome: Outcome
    image: int | None = None
    waiting: bool = False
    code: str = ""
    sentence: str = ""


def files_in(folder: Path) -> Iterator[Path]:
    """
    The files below ``folder``, in the order of their paths.

    Hidden files and folders are left out, and so are symbolic links: they may lead anywhere.
    """
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from files_in(entry)
        elif entry.is_file():
            yield entry


def take(path: Path, *, by: User) -> Taken:
    """
    Take the file at ``path`` in as an upload of ``by``. The hourly limit on uploads does not count here.

    :raises Unavailable: if the store is down.
    """
    (taken,) = take_all([path], by=by)
    return taken


def take_each(paths: Iterable[Path], *, by: User) -> Iterator[Taken]:
    """:func:`take` for any number of files, :data:`FILES_AT_ONCE` in one go; one result per file, in order."""
    for chunk in _chunks(paths, FILES_AT_ONCE):
        yield from take_all(chunk, by=by)


def take_all(paths: Sequence[Path], *, by: User) -> list[Taken]:
    """:func:`take` for several files in as many transactions as for one. All of them are open at once."""
    taken: dict[Path, Taken] = {}
    with ExitStack() as open_files:
        uploads: dict[Path, UploadedFile[bytes]] = {}
        for path in paths:
            try:
                file = open_files.enter_context(path.open("rb"))
                uploads[path] = UploadedFile(file, name=path.name, size=path.stat().st_size)
            except OSError as error:
                taken[path] = _unreadable(path, error)
        try:
            found = intake.accept_all(list(uploads.values()), by=by)
        except OSError as error:  # while it was read, before anything was written
            if len(paths) == 1:
                return [_unreadable(paths[0], error)]
            return [take(path, by=by) for path in paths]
    taken |= {path: _taken(path, result) for path, result in zip(uploads, found, strict=True)}
    return [taken[path] for path in paths]


def _taken(path: Path, found: intake.Accepted | IngestError) -> Taken:
    if isinstance(found, IngestError):
        return Taken(path, "refused", code=found.code, sentence=str(found))
    image = found.image
    return Taken(path, "new" if found.created else "known", image=image.pk, waiting=image.is_waiting)


def _unreadable(path: Path, error: OSError) -> Taken:
    """Gone or locked since the folder was listed; the rest of the folder is not to blame."""
    return Taken(path, "refused", code="unreadable", sentence=f"This file can't be read: {error.strerror}.")


def still_waiting(images: Iterable[int]) -> set[int]:
    """Those of ``images`` whose work is not done."""
    waiting = Image.Stage.waiting_stages()
    return {
        pk
        for chunk in _chunks(images)
        for pk in Image.objects.filter(pk__in=chunk, stage__in=waiting).values_list("pk", flat=True)
    }


def refused_later(images: Iterable[int]) -> Iterator[tuple[int, str, str]]:
    """Those of ``images`` that could not be opened or were set aside: id, code and sentence."""
    stages = [Image.Stage.REJECTED, Image.Stage.QUARANTINED]
    for chunk in _chunks(images):
        rows = Image.objects.filter(pk__in=chunk, stage__in=stages).order_by("pk")
        yield from rows.values_list("pk", "refusal_code", "refusal")


def possible_copies(images: Iterable[int]) -> int:
    """How many of ``images`` somebody is to decide about."""
    return sum(Image.objects.possible_copies().filter(pk__in=chunk).count() for chunk in _chunks(images))


def _chunks(things: Iterable[Thing], size: int = AT_ONCE) -> Iterator[list[Thing]]:
    found = iter(things)
    while chunk := list(islice(found, size)):
        yield chunk
