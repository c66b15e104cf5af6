"""``python -m tests.benchmarks.peers [--write docs/benchmarks.md]``: runs the peers and us, and tells how each did."""

import argparse
import os
import tempfile
from pathlib import Path

import django

from tests.benchmarks import sections
from tests.benchmarks.peers.places import PEERS


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    words.add_argument("--rounds", type=int, default=3, help="for those whose time is compared (default 3)")
    words.add_argument(
        "--every", type=int, default=1, metavar="N", help="take each Nth group of copies only, for trying"
    )
    words.add_argument("--only", action="append", default=[], metavar="PEER", help="may be given repeatedly")
    words.add_argument("--write", type=Path, help="the page whose section to write, else it is printed")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="dedup-peers-") as made:
        sections.put("peers", _measured(Path(made), asked), asked.write)


def _measured(place: Path, asked: argparse.Namespace) -> str:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dedup_site.settings", ENV_FILE=str(place / "no.env"), VAR_DIR=str(place / "var")
    )
    django.setup()
    # These load Django's models, which must be set up before.
    from tests.benchmarks.peers import folders, page, trial

    labelled = folders.make(place / "pictures", every=asked.every)
    measured = trial.Trial(place, labelled, asked.rounds)
    ours, alone = measured.ourselves()
    peers = [peer for peer in PEERS if not asked.only or peer.name in asked.only]
    runs = [found for peer in peers for found in measured.peer(peer)]
    rival = " ".join(trial.RIVAL)
    return page.written(labelled, ours, alone, runs, measured.comparing, rounds=asked.rounds, rival=rival)


if __name__ == "__main__":
    main()
