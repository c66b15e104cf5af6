"""``manage.py restore``: brings back what ``manage.py backup`` wrote."""

from argparse import ArgumentParser
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from gallery.errors import DedupError
from gallery.management import archive


class Command(BaseCommand):
    help = (
        "Puts a backup in the place of what the site holds: files, database, and an index made to fit. Compares every "
        "checksum first. Stop the site and its workers before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="also where the site holds something")
        parser.add_argument("--check", action="store_true", help="only tell whether the backup is whole and fits")

    def handle(self, *, folder: Path, overwrite: bool, check: bool, **options: Any) -> None:
        from gallery.management import restoring

        try:
            watch = partial(_shown, "Checking")
            manifest = restoring.check(folder, overwrite=overwrite or check, watch=watch)
            if check:
                self.stdout.write(self.style.SUCCESS(f"The backup of {manifest.made_at} is whole and fits."))
                return
            done = restoring.restore(folder, manifest, watch=partial(_shown, "Copying"), say=self.stdout.write)
        except DedupError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        except OSError as error:
            raise CommandError(f"{folder} can't be read: {error.strerror}.") from error
        self.stdout.write(self.style.SUCCESS(f"The backup of {manifest.made_at} is here: {done.images} images."))
        if not manifest.files_included:
            self.stdout.write("The files were not part of it. See what is missing: manage.py check_integrity")
        if done.missing is None:
            self.stdout.write("The index does not answer. It is put right as soon as it and a worker run.")
        else:
            self.stdout.write(f"The index holds what it should; {done.missing} vectors were put back.")


def _shown(what: str, entries: list[archive.Entry]) -> Iterable[archive.Entry]:
    return tqdm(entries, desc=what, unit="file", disable=None)
