"""``manage.py reconcile_index``: compares the vector index with SQL, which is the truth."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.errors import Unavailable


class Command(BaseCommand):
    help = "Tells what the vector index lacks and what it has too many of; with --repair it mends that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="insert what is missing, delete what is surplus")
        parser.add_argument(
            "--thorough", action="store_true", help="compare every id, also where the counts agree already"
        )

    def handle(self, *, repair: bool, thorough: bool, **options: Any) -> None:
        from gallery.detection import upkeep

        try:
            found = upkeep.reconcile(thorough=thorough, repair=repair)
        except Unavailable as error:
            raise CommandError(str(error)) from error
        for row in found:
            self.stdout.write(f"{row.name}: {row.expected} expected, {row.missing} missing, {row.surplus} too many")
        images = len(set[int]().union(*(row.images for row in found)))
        if all(row.is_clean for row in found):
            self.stdout.write(self.style.SUCCESS("The index holds what it should."))
        elif not repair:
            raise CommandError("The index differs from SQL. Run this again with --repair.", returncode=1)
        else:
            self.stdout.write(self.style.SUCCESS(f"Mended; {images} images are searched again."))
