"""``manage.py selftest``: how well the site finds copies of its own images, right now."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.errors import DedupError
from gallery.models import Image, SelfTest


class Command(BaseCommand):
    help = (
        "Copies some of the site's images (smaller, cropped, turned, captioned …), searches for the copies in the live "
        "index, and keeps the figures for the admin pages. Nothing else is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=25, help="images to copy (default 25, about a minute)")
        parser.add_argument("--seed", type=int, default=None, help="chooses the same images again")

    def handle(self, *, sample: int, seed: int | None, **options: Any) -> None:
        from gallery.evaluation import trial

        if sample < 1:
            raise CommandError("Name at least one image: --sample 1")
        try:
            test = trial.run(sample=sample, seed=seed, watch=_shown)
        except DedupError as error:
            raise CommandError(str(error)) from error
        if test is None:
            raise CommandError("There is no compared image yet. Upload some, wait until they are compared, try again.")
        self.stdout.write(f"Network {test.model_key}, policy {test.policy}, {test.images} images, {test.seconds:.0f} s")
        self.stdout.write(_table(test))


def _shown(images: list[Image]) -> Iterable[Image]:
    return tqdm(images, desc="Copying", unit="image", disable=None)


def _table(test: SelfTest) -> str:
    rows = [*test.tallies.items(), ("all", test.total)]
    lines = [f"{'edit':<12}{'copies':>8}{'met':>8}{'flagged':>9}{'certain':>9}"]
    for name, row in rows:
        parts = (row["met"], row["flagged"], row["certain"])
        met, flagged, certain = (f"{part / row['copies']:.0%}" if row["copies"] else "–" for part in parts)
        lines.append(f"{name.replace('_', ' '):<12}{row['copies']:>8}{met:>8}{flagged:>9}{certain:>9}")
    return "\n".join(lines)
