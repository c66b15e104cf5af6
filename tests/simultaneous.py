"""Two workers, each a process of its own, bring two near-copies through every stage at the same moment."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier

TOPICS = ("ingest", "search", "verify")
PATIENCE_SECONDS = 120


def work(environment: Mapping[str, str], rounds: int, barrier: Barrier) -> None:
    """
    A worker. Every other round it waits for its twin before each stage; in between the two run as they like.

    Runs in a process of its own, which becomes part of the test's site by its ``environment``.
    """
    os.environ.update(environment)
    import django

    django.setup()
    try:
        for number in range(rounds):
            _one_round(barrier, in_step=number % 2 == 0)
    except BaseException:
        barrier.abort()  # nobody needs to wait for us
        raise


def _one_round(barrier: Barrier, *, in_step: bool) -> None:
    from gallery import tasks

    barrier.wait(PATIENCE_SECONDS)
    if in_step:
        for topic in TOPICS:
            tasks.work_on(topic)
            barrier.wait(PATIENCE_SECONDS)
    else:
        while sum(tasks.work_on(topic) for topic in TOPICS):
            continue
    barrier.wait(PATIENCE_SECONDS)


class Twins:
    """Two workers that wait for the next round."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier
        self._number = 0

    def work_off(self) -> None:
        """Let both work off what is due, one piece at a time, and wait until they have."""
        steps = 2 if self._number % 2 else 2 + len(TOPICS)
        self._number += 1
        for _step in range(steps):
            self._barrier.wait(PATIENCE_SECONDS)


@contextmanager
def twins(environment: Mapping[str, str], *, rounds: int) -> Iterator[Twins]:
    """Two workers of the site that ``environment`` describes, for ``rounds`` calls of :meth:`Twins.work_off`."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    one_by_one = {**environment, "INGEST_BATCH": "1", "SEARCH_BATCH": "1"}
    workers = [context.Process(target=work, args=(one_by_one, rounds, barrier), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        yield Twins(barrier)
    finally:
        for worker in workers:
            worker.join(timeout=10)
            if worker.is_alive():
                worker.kill()
                worker.join()
            worker.close()
