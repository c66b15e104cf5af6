"""Bringing a backup back: the files, the database, and then an index that can not claim to be of another time."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now

from gallery import store
from gallery.detection import epochs, upkeep
from gallery.errors import Unavailable
from gallery.management import archive, dumps
from gallery.management.archive import ArchiveFault, Manifest, Watch
from gallery.models import AuditChain, AuditEntry, Collection, Image, User


@dataclass(frozen=True, slots=True)
class Restored:
    """``missing`` vectors were put back; None if the index did not answer: then the workers do it when it does."""

    images: int
    missing: int | None


def check(folder: Path, *, overwrite: bool, watch: Watch) -> Manifest:
    """
    Whether the backup in ``folder`` is whole and fits here. Nothing is changed.

    :raises ArchiveFault: if not, or if the site holds something and ``overwrite`` is false.
    """
    manifest = archive.read(folder)
    if manifest.engine != connection.vendor:
        raise ArchiveFault(f"The backup is of {manifest.engine}, this site runs on {connection.vendor}.")
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "gallery"}
    if newer := sorted(set(manifest.migrations) - known):
        raise ArchiveFault(f"The backup is of a newer version: this one does not know the migration {newer[-1]}.")
    if not overwrite and (found := _what_is_here()):
        raise ArchiveFault(f"This site is not empty: it has {found}. To put the backup in their place add --overwrite.")
    archive.check(folder, manifest, watch=watch)
    return manifest


def _what_is_here() -> str:
    tables = set(connection.introspection.table_names())
    if User._meta.db_table in tables and (users := User.objects.count()):
        return f"{users} accounts and {Image.objects.count()} images"
    return "files in its store" if next(store.keys(), None) else ""


def restore(folder: Path, manifest: Manifest, *, watch: Watch, say: Callable[[str], None]) -> Restored:
    """
    Put a checked backup in the place of what the site holds. Nothing else may run meanwhile.

    :raises ArchiveFault: if what came out of it is not what went in.
    :raises DumpFault: if the database can not be written.
    :raises Unavailable: if the store does not answer.
    """
    if manifest.files_included:  # first, so that at no moment the database names a file that is not there
        for entry in watch(archive.entries(folder)):
            store.put_file(entry.key, archive.path_of(folder, entry))
    say("Writing the database…")
    dumps.load(folder / manifest.database)
    call_command("migrate", interactive=False, verbosity=0)
    _compare_chain(manifest)
    _begin_anew(manifest)
    say("Putting the index right…")
    return Restored(Image.objects.count(), _missing_in_the_index())


def _compare_chain(manifest: Manifest) -> None:
    broken = AuditEntry.objects.all().first_break()
    if broken is not None:
        raise ArchiveFault(f"The restored audit chain is broken at position {broken}.")
    if manifest.audit_length and not AuditEntry.objects.filter(
        position=manifest.audit_length, hash=manifest.audit_head
    ):
        raise ArchiveFault("The restored audit chain is not the one that the manifest names.")


@transaction.atomic
def _begin_anew(manifest: Manifest) -> None:
    """
    Whatever the index holds is of another time: it is known by the marks, which are given anew here.

    Everybody signs in again: who was put out after the backup was made must not be in once more.
    """
    for name in Collection.objects.values_list("name", flat=True):
        Collection.objects.filter(name=name).update(epoch=uuid.uuid4(), astray_since=Now())
    epochs.ask_for_upkeep()
    Session.objects.all().delete()
    length = AuditChain.objects.get().length
    AuditEntry.objects.append(None, "site.restored", "site", backup_of=manifest.made_at, entries=length)


def _missing_in_the_index() -> int | None:
    try:
        return sum(found.missing for found in upkeep.reconcile())
    except Unavailable:
        return None
