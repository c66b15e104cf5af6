"""Two workers index near-copies at the same moment: at least one of them finds the other's."""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import numpy as np
import pytest

from gallery.vectors import Vectors, unit

ROUNDS = 30
DIMENSIONS = 64


def index_and_search(
    uri: str, name: str, worker: int, barrier: Barrier, found: "Queue[tuple[int, list[int]]]"
) -> None:
    """What a worker process does: upsert one's own, then search, :data:`ROUNDS` times. Runs in a process of its own."""
    import django

    django.setup()
    from django.conf import settings

    settings.DEDUP = {**settings.DEDUP, "index": "milvus", "milvus_uri": uri}
    from gallery import index

    store = index.load()
    store.ensure(name, DIMENSIONS)
    random = np.random.default_rng(0)
    rounds = []
    for number in range(ROUNDS):
        original = random.normal(size=(1, DIMENSIONS))
        mine = _noisy(original, seed=1000 * worker + number)
        barrier.wait(timeout=30)
        store.upsert(name, [2 * number + worker], mine)
        (row,) = store.search(name, mine, k=10, floor=0.9)
        rounds.append(int(2 * number + (1 - worker) in [hit.id for hit in row]))
    found.put((worker, rounds))


def _noisy(original: "np.typing.NDArray[np.float64]", *, seed: int) -> Vectors:
    return unit((original + 0.02 * np.random.default_rng(seed).normal(size=original.shape)).astype(np.float32))


def _run_workers(uri: str, name: str) -> list[Sequence[int]]:
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(2), context.Queue()
    workers = [context.Process(target=index_and_search, args=(uri, name, worker, barrier, found)) for worker in (0, 1)]
    for worker in workers:
        worker.start()
    answers = dict(found.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(timeout=30)
        worker.close()
    found.close()
    found.join_thread()
    return [answers[0], answers[1]]


@pytest.mark.slow
def test_two_near_copies_at_once_are_found_by_at_least_one_side(milvus: str) -> None:
    from gallery.conf import conf

    first, second = _run_workers(milvus, conf().milvus_prefix + "race")
    missed = [number for number in range(ROUNDS) if not (first[number] or second[number])]
    assert missed == []
