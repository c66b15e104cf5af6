"""Several people who act at the same moment, each a thread with a connection to the database of its own."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from gallery.errors import DedupError

PATIENCE_SECONDS = 60

Job = Callable[[], object]


class Racers:
    """Threads that wait for the next round. Their connections stay open, so that nothing delays the start."""

    def __init__(self, count: int) -> None:
        self._ready = threading.Barrier(count)
        self._jobs: list[queue.Queue[Job | None]] = [queue.Queue() for _racer in range(count)]
        self._results: queue.Queue[tuple[int, object]] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, args=(place,), daemon=True) for place in range(count)]
        for thread in self._threads:
            thread.start()

    def at_once(self, *jobs: Job) -> list[object]:
        """
        Run one job a racer at the same moment. What they returned, or the refusals, in the order of ``jobs``.

        :raises BaseException: whatever else a job raised.
        """
        for mailbox, job in zip(self._jobs, jobs, strict=True):
            mailbox.put(job)
        found = dict(self._results.get(timeout=PATIENCE_SECONDS) for _job in jobs)
        for result in found.values():
            if isinstance(result, BaseException) and not isinstance(result, DedupError):
                raise result
        return [found[place] for place in range(len(jobs))]

    def stop(self) -> None:
        for mailbox in self._jobs:
            mailbox.put(None)
        for thread in self._threads:
            thread.join(timeout=PATIENCE_SECONDS)

    def _work(self, place: int) -> None:
        try:
            while (job := self._jobs[place].get()) is not None:
                self._results.put((place, self._result_of(job)))
        finally:
            connection.close()

    def _result_of(self, job: Job) -> object:
        try:
            self._ready.wait(timeout=PATIENCE_SECONDS)
            return job()
        except BaseException as refusal:  # noqa: BLE001  # handed over: whoever waits for the round raises it
            return refusal


@contextmanager
def racers(count: int = 2) -> Iterator[Racers]:
    """``count`` people who can act at the same moment, as often as wanted."""
    made = Racers(count)
    try:
        yield made
    finally:
        made.stop()
