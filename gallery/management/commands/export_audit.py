"""``manage.py export_audit``: the audit chain as CSV or JSON."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.review import audit_export


class Command(BaseCommand):
    help = "Write the audit chain, oldest entry first, to standard output or a file. Memory stays flat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=list(audit_export.FORMATS), default="csv")
        parser.add_argument("--since", default="", metavar="DAY", help="a day or a moment in ISO 8601: 2026-05-31")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = audit_export.moment(options["since"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        pieces = audit_export.FORMATS[options["format"]](since)
        path: Path | None = options["output"]
        if path is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error
