"""
A backup as a folder: ``manifest.json``, the database as one file, ``files.jsonl``, and the files below ``files``.

The index is not in it: it is made again of the vectors in the database. The database comes first, so that every file
it names is there when the files are copied.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from gallery import store
from gallery.errors import DedupError
from gallery.management import dumps
from gallery.models import AuditChain, Image

FORMAT = 1
BLOCK = 1 << 20

Watch = Callable[[list["Entry"]], Iterable["Entry"]]


class ArchiveFault(DedupError):
    """A backup that can not be written or used. The sentence says why."""

    code = "archive"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file: its key in the store, its size and its sha256."""

    key: str
    bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``audit_length`` and ``audit_head`` are of a moment just before the database was copied."""

    format: int
    made_at: str
    engine: str
    database: str
    database_sha256: str
    migrations: list[str]
    images: int
    files: int
    files_bytes: int
    files_included: bool
    files_sha256: str
    audit_length: int
    audit_head: str


def write(folder: Path, *, with_files: bool = True, watch: Watch = iter) -> Manifest:
    """
    Make a backup in ``folder``, which must not be there. It has its name only when it is whole.

    :param with_files: copy the stored files, too; else they are only listed, with no checksum.
    :param watch: passes the files on, to show how far it is.
    :raises ArchiveFault: if ``folder`` is there.
    :raises DumpFault: if the database can not be copied.
    :raises Unavailable: if the store does not answer.
    """
    if folder.exists():
        raise ArchiveFault(f"{folder} is there already. Name a folder that is not.")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    chain, images = AuditChain.objects.get(), Image.objects.count()
    database = partial / dumps.name_of_dump()
    dumps.dump(database)
    copied = list(_copied(partial / "files", with_files=with_files, watch=watch))
    listing = partial / "files.jsonl"
    listing.write_text("".join(f"{json.dumps(asdict(entry))}\n" for entry in copied))
    manifest = Manifest(
        format=FORMAT,
        made_at=timezone.now().isoformat(timespec="seconds"),
        engine=connection.vendor,
        database=database.name,
        database_sha256=digest_of(database),
        migrations=sorted(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "gallery"),
        images=images,
        files=len(copied),
        files_bytes=sum(entry.bytes for entry in copied),
        files_included=with_files,
        files_sha256=digest_of(listing),
        audit_length=chain.length,
        audit_head=chain.head,
    )
    (partial / "manifest.json").write_text(f"{json.dumps(asdict(manifest), indent=2)}\n")
    partial.rename(folder)
    return manifest


def _copied(folder: Path, *, with_files: bool, watch: Watch) -> Iterator[Entry]:
    listed = [Entry(key, size) for key, size in sorted(store.keys())]
    if not with_files:
        yield from listed
        return
    for entry in watch(listed):
        target = folder / entry.key
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            with target.open("wb") as kept:
                for block in store.blocks(entry.key):
                    digest.update(block)
                    size += kept.write(block)
        except FileNotFoundError:  # purged since it was listed; the database says so, too, or will
            target.unlink()
            continue
        yield Entry(entry.key, size, digest.hexdigest())


def read(folder: Path) -> Manifest:
    """
    The manifest of a backup.

    :raises ArchiveFault: if ``folder`` holds none that this version can read.
    """
    try:
        told = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError as error:
        raise ArchiveFault(f"{folder} is no backup: it has no manifest.json.") from error
    except ValueError as error:
        raise ArchiveFault(f"The manifest in {folder} can't be read.") from error
    if told.get("format") != FORMAT:
        raise ArchiveFault(f"The backup in {folder} is of another form ({told.get('format')}) than this version reads.")
    return Manifest(**told)


def entries(folder: Path) -> list[Entry]:
    """The files that a backup lists."""
    return [Entry(**json.loads(line)) for line in (folder / "files.jsonl").read_text().splitlines()]


def path_of(folder: Path, entry: Entry) -> Path:
    """
    Where a backup keeps a file.

    :raises ArchiveFault: if its key leads out of the backup.
    """
    root = (folder / "files").resolve()
    found = (root / entry.key).resolve()
    if not found.is_relative_to(root):
        raise ArchiveFault(f"The backup names a file outside of itself: {entry.key}")
    return found


def check(folder: Path, manifest: Manifest, *, watch: Watch = iter) -> None:
    """
    Compare every checksum, before anything of the site is touched.

    :raises ArchiveFault: naming the first part that is missing or was changed.
    """
    for name, expected in ((manifest.database, manifest.database_sha256), ("files.jsonl", manifest.files_sha256)):
        _same(folder / name, expected)
    if manifest.files_included:
        for entry in watch(entries(folder)):
            _same(path_of(folder, entry), entry.sha256)


def _same(file: Path, expected: str) -> None:
    try:
        found = digest_of(file)
    except FileNotFoundError as error:
        raise ArchiveFault(f"The backup lacks {file.name}.") from error
    if found != expected:
        raise ArchiveFault(f"In the backup {file.name} is not as it was written: its checksum differs.")


def digest_of(file: Path) -> str:
    """The sha256 of a file, in 64 hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
