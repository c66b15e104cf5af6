"""``manage.py import_folder``: takes in a folder of pictures that lies on the server."""

import csv
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.errors import DedupError
from gallery.ingest import importing
from gallery.models import User

POLL_SECONDS = 1.0
IDLE_SECONDS = 60.0
"""With nothing finished for so long somebody should look whether a worker runs."""

Refusal = tuple[str, str, str]


class Command(BaseCommand):
    help = (
        "Takes in all pictures below a folder as uploads of one person, and follows them until they are compared. "
        "Given the same folder again it goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--by", required=True, metavar="USERNAME", help="whose uploads they are")
        parser.add_argument("--refusals", type=Path, metavar="FILE", help="write what was not taken, and why, as CSV")
        parser.add_argument("--no-wait", action="store_true", help="leave when everything is accepted")

    def handle(self, *, folder: Path, by: str, refusals: Path | None, no_wait: bool, **options: Any) -> None:
        owner = _account(by)
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        taken: Counter[str] = Counter()
        refused: list[Refusal] = []
        images: dict[int, Path] = {}
        try:
            self._accept(folder, owner, taken, refused, images)
            if not no_wait:
                self._follow(images)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was accepted is kept and worked on; the same command goes on from here.")
        except DedupError as error:
            raise CommandError(f"{error} The same command goes on from here.") from error
        except OSError as error:
            raise CommandError(f"{error.filename} can't be listed: {error.strerror}.") from error
        finally:
            refused += [
                (str(images[pk].relative_to(folder)), code, sentence)
                for pk, code, sentence in importing.refused_later(sorted(images))
            ]
            if refusals:
                _write(refusals, refused)
        self._summarise(taken, refused, images)

    def _accept(
        self, folder: Path, owner: User, taken: Counter[str], refused: list[Refusal], images: dict[int, Path]
    ) -> None:
        # Counted first, so that the bar knows the time that is left; the names are not kept.
        total = sum(1 for _path in importing.files_in(folder))
        with tqdm(total=total, desc="Accepting", unit="file", disable=None) as bar:
            for found in importing.take_each(importing.files_in(folder), by=owner):
                taken[found.outcome] += 1
                if found.image is None:
                    refused.append((str(found.path.relative_to(folder)), found.code, found.sentence))
                elif found.outcome == "new" or found.waiting:
                    images[found.image] = found.path
                bar.update()

    def _follow(self, images: Iterable[int]) -> None:
        waiting = importing.still_waiting(images)
        moved = time.monotonic()
        with tqdm(total=len(waiting), desc="Comparing", unit="image", disable=None) as bar:
            while waiting:
                time.sleep(POLL_SECONDS)
                left = importing.still_waiting(waiting)
                bar.update(len(waiting) - len(left))
                if len(left) < len(waiting):
                    moved = time.monotonic()
                elif time.monotonic() - moved > IDLE_SECONDS:
                    moved = time.monotonic()
                    bar.write(
                        f"Nothing was finished for {IDLE_SECONDS:.0f} s. Does a worker run? Nothing is lost: Ctrl-C "
                        "leaves, and the work goes on when one does."
                    )
                waiting = left

    def _summarise(self, taken: Counter[str], refused: list[Refusal], images: dict[int, Path]) -> None:
        self.stdout.write(
            f"{taken.total()} files: {taken['new']} new, {taken['known']} here already, {len(refused)} refused."
        )
        for code, count in Counter(code for _name, code, _sentence in refused).most_common():
            self.stdout.write(f"  {count:>6} {code}")
        waiting = len(importing.still_waiting(images))
        if waiting:
            self.stdout.write(f"{waiting} are still being worked on.")
        else:
            self.stdout.write(f"{importing.possible_copies(images)} of the new images look like another image.")


def _account(name: str) -> User:
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no account “{name}”.") from error


def _write(path: Path, refused: list[Refusal]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "code", "why"])
        writer.writerows(refused)
