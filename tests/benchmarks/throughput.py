"""Uploads through the real worker, broker, index and database, from the door until they are compared."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gallery.ingest import importing
from gallery.management import stack
from gallery.models import Image, Pair, User
from tests import pictures, servers
from tests.benchmarks import processor

WARM = 32
"""Pictures that come first, so that every process of the worker has its network loaded."""

PATIENCE_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class Run:
    """
    ``compared``: pairs that the verifiers looked at. ``processor``: seconds that the site's processes computed, that of
    the door and those of the servers among them; looking whether it is done is not its work.
    """

    pictures: int
    accept_seconds: float
    seconds: float
    compared: int
    processor: float


def measure(files: Sequence[Path], folder: Path, *, processes: int) -> Run:
    """Start a worker of ``processes`` and the beat, take ``files`` in and wait until all are compared."""
    plan = stack.Plan(host=stack.LOOPBACK, port=0, environment={})
    worker = [str(processes) if word == "2" else word for word in plan.worker.command]
    owner = User.objects.create(username="bench")
    with ExitStack() as running:
        for name, command in (("worker", worker), ("beat", plan.beat.command)):
            running.enter_context(servers.running(command, log=folder / f"{name}.log", ready=lambda: True))
        _take(_painted(folder), owner)
        _wait()
        before = Pair.objects.filter(compared_at__isnull=False).count()
        used, started = processor.seconds_of([os.getpid()]), time.perf_counter()
        _take(files, owner)
        accepted, waiting = time.perf_counter() - started, time.process_time()
        _wait()
        seconds, waiting = time.perf_counter() - started, time.process_time() - waiting
        used = processor.seconds_of([os.getpid()]) - used - waiting
    return Run(
        pictures=len(files),
        accept_seconds=accepted,
        seconds=seconds,
        compared=Pair.objects.filter(compared_at__isnull=False).count() - before,
        processor=used,
    )


def _painted(folder: Path) -> list[Path]:
    return [
        pictures.written(folder, pictures.photograph(9000 + number), f"warm-{number}.jpg") for number in range(WARM)
    ]


def _take(files: Sequence[Path], owner: User) -> None:
    """As ``manage.py import_folder`` does."""
    for at in range(0, len(files), importing.FILES_AT_ONCE):
        for taken in importing.take_all(files[at : at + importing.FILES_AT_ONCE], by=owner):
            if taken.outcome != "new":
                sys.exit(f"{taken.path} was not taken in: {taken.outcome} {taken.sentence}")


def _wait() -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    waiting = Image.objects.filter(stage__in=Image.Stage.waiting_stages())
    while left := waiting.count():
        if time.monotonic() > until:
            sys.exit(f"{left} pictures are not compared after {PATIENCE_SECONDS} s.")
        time.sleep(0.1)
