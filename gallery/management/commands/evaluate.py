"""
``manage.py evaluate``: the whole pipeline over a labelled folder, and how well it did.

It runs in a process of its own with a database, a store and an index that are thrown away, so that nothing of the site
is touched and nothing that the site holds gets into the figures.
"""

import json
import os
import subprocess
import tempfile
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from gallery.conf import conf
from gallery.evaluation.labels import HALVES
from gallery.management.stack import manage
from gallery.management.supervisor import end_with_parent

if TYPE_CHECKING:
    from gallery.evaluation.labels import Labels
    from gallery.evaluation.library import Library

RULES = "rules.json"
MEETINGS = "meetings.jsonl"
NOBODY = "redis://127.0.0.1:9/0"
"""Nobody listens there: the doorbells of the scratch site reach no worker."""


class Command(BaseCommand):
    help = (
        "Brings the pictures of a folder through the whole pipeline, in a database and an index that are thrown away, "
        "and compares what is found with what is labelled. Labels: a pairs.csv (a, b, label, and if wanted strength, "
        "transform, group), or every subfolder holds the copies of one picture. With --edits the copies are made: some "
        "of the pictures are edited in 46 ways, and each copy is searched for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--pairs", type=Path, metavar="CSV", help="the labels; by default pairs.csv in the folder")
        parser.add_argument("--only", action="append", default=[], metavar="SUBFOLDER", help="may be given repeatedly")
        parser.add_argument(
            "--half", choices=HALVES, help="judge only one half of the groups: fit thresholds to one, report the other"
        )
        parser.add_argument("--edits", type=int, metavar="N", help="copy N of the pictures by every edit instead")
        parser.add_argument("--export", type=Path, metavar="CSV", help="write every finding")
        parser.add_argument(
            "--html", type=Path, metavar="FILE", help="write a report with the pictures that went wrong"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of tables")
        parser.add_argument("--defaults", action="store_true", help="by the default policy, not by the site's")
        parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="where the scratch files may go")
        parser.add_argument(
            "--keep",
            type=Path,
            metavar="FOLDER",
            help="keep the scratch files there; the same command again goes on where it was interrupted, and one that "
            "was finished only weighs anew what was compared, by the rules of then",
        )
        parser.add_argument("--inside", type=Path, help=SUPPRESS)

    def handle(self, *, folder: Path, inside: Path | None, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        if options["edits"] is not None and options["edits"] < 1:
            raise CommandError("Name at least one picture: --edits 1")
        if options["edits"] and options["html"]:
            raise CommandError("There is no HTML report of copies that are made; use --export.")
        if inside:
            self._evaluate(folder, inside, **options)
        else:
            self._start(folder, **options)

    def _start(self, folder: Path, *, scratch: Path | None, keep: Path | None, defaults: bool, **options: Any) -> None:
        """Run this command again in a process with an environment of its own."""
        rules = {} if defaults else _rules_in_force()
        with _place(scratch, keep) as place:
            (place / RULES).write_text(json.dumps(rules))
            words = manage("evaluate", str(folder), "--inside", str(place), *_words(options))
            done = subprocess.run(  # noqa: S603 - this very command, no shell
                words, env=_environment(place), check=False, preexec_fn=end_with_parent()
            )
        if done.returncode:
            more = f" What was done is kept in {keep}: the same command goes on from there." if keep else ""
            raise CommandError(
                f"The evaluation did not finish; the reason is above.{more}", returncode=abs(done.returncode)
            )

    def _evaluate(self, folder: Path, inside: Path, **options: Any) -> None:
        from gallery import tasks
        from gallery.errors import DedupError
        from gallery.evaluation import labels, library

        call_command("migrate", verbosity=0, interactive=False)
        _apply(json.loads((inside / RULES).read_text()))
        try:
            known = labels.read(
                folder, pairs=options["pairs"], only=options["only"], needs_copies=options["edits"] is None
            )
            filled = library.fill(known, work=tasks.work_on, watch=_shown)
            known = known.without(filled.refused)
            if options["edits"]:
                self._copy(known, filled, options, kept=inside / MEETINGS)
            else:
                self._judge(known, filled, options, title=f"Evaluation of {folder.name}")
        except (labels.LabelsUnreadable, DedupError) as error:
            raise CommandError(str(error)) from error

    def _judge(self, known: "Labels", filled: "Library", options: dict[str, Any], *, title: str) -> None:
        """Weigh what the pipeline found against the labels."""
        from gallery.evaluation import findings, report, scores

        met: Iterable[scores.Finding] = findings.findings(filled)
        if options["export"]:  # of both halves: it says what is known of each pair
            self._told(findings.export(options["export"], known, filled), "findings", options["export"])
        if half := options["half"]:
            met = [one for one in met if known.half_of_pair(one.ends) == half]
            known = known.only(half)
            title += f", half “{half}”"
        found = scores.score(known, met)
        if options["html"]:
            report.write(options["html"], known, filled, found, title=title)
            self.stderr.write(f"The report is {options['html']}")
        if options["json"]:
            facts = {
                "files": len(filled.images),
                "refused": filled.refused,
                "pairs_left_out": known.left_out,
                "pairs_refused": known.refused,
            }
            self.stdout.write(json.dumps(facts | found.as_dict(), indent=1))
        else:
            self.stdout.write(report.as_text(known, filled, found))

    def _copy(self, known: "Labels", filled: "Library", options: dict[str, Any], *, kept: Path) -> None:
        """Copy some of the pictures by every edit and tell which copies are found."""
        from gallery.evaluation import generated

        found = generated.make(known, filled, count=options["edits"], half=options["half"], watch=_shown, kept=kept)
        if options["export"]:
            self._told(generated.export(options["export"], found), "meetings", options["export"])
        if options["json"]:
            self.stdout.write(json.dumps({"files": len(filled.images)} | generated.as_dict(found), indent=1))
        else:
            self.stdout.write(f"{len(filled.images)} pictures searched among")
            self.stdout.write(generated.as_text(found))

    def _told(self, count: int, what: str, path: Path) -> None:
        self.stderr.write(f"{count} {what} are in {path}")


@contextmanager
def _place(scratch: Path | None, keep: Path | None) -> Iterator[Path]:
    """A folder that is there for this time only, or the one to ``keep``."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="dedup-evaluation-", dir=scratch) as made:
            yield Path(made)
        return
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.absolute()


def _words(options: dict[str, Any]) -> list[str]:
    """The options that the process inside needs, as they were given."""
    words = [word for name in options["only"] for word in ("--only", name)]
    for name in ("pairs", "export", "html", "half", "edits"):
        if options[name]:
            words += [f"--{name}", str(options[name])]
    return [*words, "--json"] if options["json"] else words


def _rules_in_force() -> dict[str, Any]:
    from gallery.detection.policies import rules_of
    from gallery.models import Policy

    try:
        return rules_of(Policy.objects.in_force())
    except DatabaseError as error:
        raise CommandError(
            "The site's policy can't be read: its database is not ready. Go by the default policy with --defaults."
        ) from error


def _apply(rules: dict[str, Any]) -> None:
    """Make the scratch site's policy that of the site, or the default one where an earlier time left another."""
    from gallery.detection.policies import rules_of
    from gallery.embedders import key_of
    from gallery.models import Embedding, Policy

    rules = rules or rules_of(Policy())
    policy = Policy.objects.in_force()
    if Embedding.objects.exclude(model_key=key_of(rules["embedder"])).exists():
        raise CommandError("The folder to keep holds the vectors of another network. Name another one.")
    Policy.objects.filter(pk=policy.pk).update(**rules)


def _environment(place: Path) -> dict[str, str]:
    """As the site's, but for everything that keeps something."""
    return os.environ | {
        "VAR_DIR": str(place),
        "DATABASE_URL": f"sqlite:///{place / 'scratch.sqlite3'}",
        "MEDIA_ROOT": str(place / "media"),
        "S3_BUCKET": "",
        "MODEL_DIR": str(conf().model_dir.absolute()),
        "INDEX": "memory",
        "MILVUS_PREFIX": "evaluation_",
        "REDIS_URL": NOBODY,
        # Every doorbell that nobody hears would be a line.
        "LOG_LEVEL": "ERROR",
    }


def _shown(files: Sequence[str]) -> Iterable[str]:
    return tqdm(files, desc="Comparing", unit="picture", smoothing=0.1, disable=None)
