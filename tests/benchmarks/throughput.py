"""Uploads through the real worker, broker, index and database, from the door until they are compared."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from gallery.detection import sight
from gallery.ingest import importing
from gallery.management import stack
from gallery.models import Image, OutboxEntry, Pair, User
from tests import servers
from tests.benchmarks import processor
from tests.benchmarks.timing import Lap, Times

PATIENCE_SECONDS = 1200


@contextmanager
def site(folder: Path, *, processes: int) -> Iterator["Site"]:
    """A worker of ``processes`` and the beat."""
    plan = stack.Plan(host=stack.LOOPBACK, port=0, environment={})
    worker = [str(processes) if word == "2" else word for word in plan.worker.command]
    with ExitStack() as running:
        for name, command in (("worker", worker), ("beat", plan.beat.command)):
            running.enter_context(servers.running(command, log=folder / f"{name}.log", ready=lambda: True))
        yield Site()


class Site:
    """Where one person uploads."""

    def __init__(self) -> None:
        self._owner = User.objects.create(username="bench")

    def upload(self, files: Sequence[Path]) -> Lap:
        """
        Take ``files`` in and wait until all are compared. All that the site's processes computed counts, that of the
        door and those of the servers among them; looking whether it is done is not its work.
        """
        compared = Pair.objects.filter(compared_at__isnull=False)
        known, door = set(compared.values_list("pk", flat=True)), Times(clock=time.process_time)
        used, started = processor.seconds_below(os.getpid()), time.perf_counter()
        with door.measured():
            _take(files, self._owner)
        wait(Image.objects.filter(stage__in=Image.Stage.waiting_stages()))
        seconds, used = time.perf_counter() - started, processor.seconds_below(os.getpid()) - used
        wait(OutboxEntry.objects.all())  # what the desk shows of pairs is drawn after this lap, and not in the next
        pairs = list(
            compared.exclude(pk__in=known).select_related("left__file__fingerprint", "right__file__fingerprint")
        )
        return Lap(len(files), seconds, used + sum(door.seconds), len(pairs), _comparing(pairs))


def _comparing(pairs: Sequence[Pair]) -> float:
    """Processor seconds of comparing ``pairs``, once more and in this process."""
    times = Times(clock=time.process_time)
    sight.forget()
    for pair in pairs:
        with times.measured():
            sight.compare(pair)
    return sum(times.seconds)


def _take(files: Sequence[Path], owner: User) -> None:
    """As ``manage.py import_folder`` does."""
    for taken in importing.take_each(files, by=owner):
        if taken.outcome != "new":
            sys.exit(f"{taken.path} was not taken in: {taken.outcome} {taken.sentence}")


def wait(unfinished: "QuerySet[Any]", *, patience: float = PATIENCE_SECONDS) -> None:
    """Until there is none of it left, for ``patience`` seconds at most."""
    until = time.monotonic() + patience
    while left := unfinished.count():
        if time.monotonic() > until:
            sys.exit(f"{left} of {unfinished.model.__name__} are not done after {patience:.0f} s.")
        time.sleep(0.1)
