"""``python -m tests.benchmarks [--write docs/benchmarks.md]``: measures what stages, uploads and searches cost."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import django

from tests import servers
from tests.benchmarks import sections

EMBEDDER = "sscd"

EXAMINED = 200
"""Pictures whose stages are measured one by one."""

PATIENCE = 300
"""Seconds for an index of 100,000 vectors to be written and read."""


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    words.add_argument("--pictures", type=int, default=600, help="brought through the worker (default 600)")
    words.add_argument("--rounds", type=int, default=6, help="that they are divided into (default 6)")
    words.add_argument(
        "--vectors", type=int, nargs="+", default=[10_000, 100_000], help="in the collections that are searched"
    )
    words.add_argument("--write", type=Path, help="the file to write, else it is printed")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="dedup-benchmarks-") as made:
        text = _measured(Path(made), asked.pictures, asked.rounds, asked.vectors)
    sections.put("costs", text, asked.write)


def _prepare(folder: Path, *, redis: str, milvus: str) -> None:
    """An empty site on servers of our own; every process that is started later sees the same environment."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dedup_site.settings",
        ENV_FILE=str(folder / "no.env"),
        MODEL_DIR=os.environ.get("MODEL_DIR", str(servers.ROOT / "var" / "models")),
        VAR_DIR=str(folder / "var"),
        DATABASE_URL=f"sqlite:///{folder / 'site.sqlite3'}",
        REDIS_URL=redis,
        MILVUS_URI=milvus,
        INDEX="milvus",
        LOG_LEVEL="ERROR",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _measured(folder: Path, count: int, rounds: int, vectors: Sequence[int]) -> str:
    port, processes = servers.free_port(), os.cpu_count() or 1
    (folder / "pictures").mkdir()
    index = partial(servers.milvus, folder / "milvus", port=port, patience=PATIENCE)
    with servers.redis(folder / "redis") as redis, index() as milvus:
        _prepare(folder, redis=redis, milvus=milvus.uri)
        # These load Django's models, which must be set up before.
        from gallery import embedders
        from tests.benchmarks import alone, page, searching, sources, stages, throughput
        from tests.benchmarks.rounds import run

        files, kind = sources.files(folder / "pictures", count)
        # The site comes first: a process that has a client of Milvus may hang when it forks to start another.
        with throughput.site(folder, processes=processes) as site:
            _say(f"Stages, on {min(count, EXAMINED)} of {count} {kind}…")
            costs = stages.measure(files[:: max(1, count // EXAMINED)], EMBEDDER, milvus=milvus.process.pid)
            _say(f"{count} uploads through a worker of {processes} processes, and stages alone, in {rounds} rounds…")
            stages.prepare(stages.ALONE, embedders.dimensions_of(EMBEDDER))
            with alone.started(EMBEDDER, processes=processes, milvus=milvus.process.pid) as stages_alone:
                done = run(files, stages_alone, site, warm=sources.warm(folder / "pictures"), count=rounds)
        asked = [searching.Searches(number) for number in sorted(vectors)]
        for one in asked:
            _say(f"Searches among {one.count} vectors…")
            one.store()
            one.search("just stored")
    with index():  # it flushed when it stopped, and builds its graphs now
        for one in asked:
            one.search("settled")
    return page.written(kind, processes, costs, done, asked, embedder=EMBEDDER)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
