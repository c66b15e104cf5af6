"""``manage.py check_integrity``: is all there that should be, and as it was written?"""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.errors import DedupError


class Command(BaseCommand):
    help = (
        "Looks for files that are missing or changed, files that no row names, small copies that are missing, work "
        "that nobody asked for, and whether index, journals and audit chain agree with the rows. Exits with 1 if "
        "something is wrong that was not mended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sample",
            type=float,
            default=100.0,
            metavar="PERCENT",
            help="read so many of the originals to compare their checksums (default 100); of all others the sizes",
        )
        parser.add_argument(
            "--repair", action="store_true", help="make small copies again, ask for work, put the index right"
        )
        parser.add_argument(
            "--delete-orphans", action="store_true", help="delete files that no row names and that are older than a day"
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *, sample: float, repair: bool, delete_orphans: bool, json: bool, **options: Any) -> None:
        from gallery.ingest import pipeline
        from gallery.management.integrity import Inspection

        if not 0 <= sample <= 100:
            raise CommandError("--sample is a percentage, from 0 to 100.")
        inspection = Inspection(repair=repair, delete_orphans=delete_orphans, share=sample / 100, watch=_shown)
        try:
            findings = list(inspection.run())
        except DedupError as error:
            raise CommandError(str(error)) from error
        finally:
            pipeline.end_examiners()
        wrong = [finding for finding in findings if not finding.mended]
        self._tell(inspection.looked_at, findings, as_json=json)
        if wrong:
            raise CommandError(f"{len(wrong)} things are wrong.", returncode=1)

    def _tell(self, looked_at: dict[str, int], findings: list[Any], *, as_json: bool) -> None:
        if as_json:
            told = {
                "well": all(finding.mended for finding in findings),
                "looked_at": looked_at,
                "findings": [asdict(finding) for finding in findings],
            }
            self.stdout.write(json.dumps(told, indent=2))
            return
        for finding in findings:
            mended = " (mended)" if finding.mended else ""
            self.stdout.write(f"{finding.check}: {finding.subject}: {finding.what}{mended}")
        counts = Counter(finding.check for finding in findings)
        for name, number in looked_at.items():
            self.stdout.write(f"{name:<12}{number:>10} looked at{counts[name]:>8} found")


def _shown(things: Iterable[Any], *, what: str, total: int) -> Iterable[Any]:
    return tqdm(things, desc=what, total=total, unit="", disable=None)
