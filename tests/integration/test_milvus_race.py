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
    uri: str, name: str, worker: int, rounds: int, barrier: Barrier, found: "Queue[tuple[int, list[int]]]"
) -> None:
    """What a worker process does: upsert one's own, then search, ``rounds`` times. Runs in a process of its own."""
    import django

    django.setup()
    from django.conf import settings

    settings.DEDUP = {**settings.DEDUP, "index": "milvus", "milvus_uri": uri}
    from gallery import index

    store = index.load()
    store.ensure(name, DIMENSIONS)
    random = np.random.default_rng(0)
    met = []
    for number in range(rounds):
        original = random.normal(size=(1, DIMENSIONS))
        mine = _noisy(original, seed=1000 * worker + number)
        barrier.wait(timeout=30)
        store.upsert(name, [2 * number + worker], mine)
        (row,) = store.search(name, mine, k=10, floor=0.9)
        met.append(int(2 * number + (1 - worker) in [hit.id for hit in row]))
    found.put((worker, met))


def _noisy(original: "np.typing.NDArray[np.float64]", *, seed: int) -> Vectors:
    return unit((original + 0.02 * np.random.default_rng(seed).normal(size=original.shape)).astype(np.float32))


def missed(uri: str, name: str, *, rounds: int) -> list[int]:
    """The rounds in which neither of two processes found the other's near-copy, in the collection ``name``."""
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=index_and_search, args=(uri, name, worker, rounds, barrier, found)) for worker in (0, 1)
    ]
    for worker in workers:
        worker.start()
    answers: dict[int, Sequence[int]] = dict(found.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join(timeout=30)
        worker.close()
    found.close()
    found.join_thread()
    return [number for number in range(rounds) if not (answers[0][number] or answers[1][number])]


@pytest.mark.slow
def test_two_near_copies_at_once_are_found_by_at_least_one_side(milvus: str) -> None:
    from gallery.conf import conf

    assert missed(milvus, conf().milvus_prefix + "race", rounds=ROUNDS) == []
