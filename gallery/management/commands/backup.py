"""``manage.py backup``: the database and the stored files in one folder, with checksums."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.errors import DedupError
from gallery.management import archive


class Command(BaseCommand):
    help = (
        "Writes database and stored files into a folder that is not there yet, while the site goes on. The index is "
        "not part of it: restoring makes it again from the vectors in the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--without-files", action="store_true", help="only list the files, where the store is kept safe by itself"
        )

    def handle(self, *, folder: Path, without_files: bool, **options: Any) -> None:
        try:
            manifest = archive.write(folder, with_files=not without_files, watch=_shown)
        except DedupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{folder} can't be written: {error.strerror}.") from error
        files = "listed" if without_files else "copied"
        self.stdout.write(
            self.style.SUCCESS(
                f"{folder}: {manifest.images} images, {manifest.files} files {files} "
                f"({manifest.files_bytes / 1e6:.1f} MB), audit entry {manifest.audit_length}, "
                f"head {manifest.audit_head[:12]}."
            )
        )


def _shown(entries: list[archive.Entry]) -> Iterable[archive.Entry]:
    return tqdm(entries, desc="Copying", unit="file", disable=None)
