"""What the cores bear when they do nothing but the stages: what uploads through the whole site are measured by."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from tests.benchmarks import processor
from tests.benchmarks.timing import Lap


@contextmanager
def started(embedder: str, *, processes: int, milvus: int) -> Iterator["Alone"]:
    """``milvus`` is the process of the server, whose work for us counts."""
    context = multiprocessing.get_context("spawn")  # a client of Milvus does not survive a fork
    with ExitStack() as running:
        made = [running.enter_context(ProcessPoolExecutor(1, context, django.setup)) for _each in range(processes)]
        yield Alone(embedder, made, milvus=milvus)


class Alone:
    """
    Processes that do the stages of their share of the pictures, all at once and with nothing around them: no door, no
    wall around the decoder, no queue, no leases, no SQL.

    As many as the worker has: a core whose neighbour rests computes faster than one of two that are busy.
    """

    def __init__(self, embedder: str, processes: Sequence[ProcessPoolExecutor], *, milvus: int) -> None:
        self._embedder, self._processes, self._milvus = embedder, processes, milvus
        self._numbered = 0
        """Pictures are known to the index by numbers; those below this one are taken."""

    def measure(self, files: Sequence[Path]) -> Lap:
        """Do the stages of ``files``, of which every process has an equal share."""
        started, served = time.perf_counter(), processor.seconds_of([self._milvus])
        shares = [files[place :: len(self._processes)] for place in range(len(self._processes))]
        works = []
        for process, share in zip(self._processes, shares, strict=True):
            works.append(process.submit(_work, share, self._embedder, self._numbered))
            self._numbered += len(share)
        computed = sum(work.result() for work in works)
        seconds = time.perf_counter() - started
        return Lap(len(files), seconds, computed + processor.seconds_of([self._milvus]) - served)


def _work(files: Sequence[Path], embedder: str, first: int) -> float:
    """The processor seconds of this process. ``first`` is the number of the first picture."""
    # These load Django's models, which must be set up before.
    from gallery import embedders
    from tests.benchmarks import stages

    network, started = embedders.load(embedder), time.process_time()
    for at in range(0, len(files), stages.INDEXED_AT_ONCE):
        seen = [stages.whole(path, network) for path in files[at : at + stages.INDEXED_AT_ONCE]]
        stages.insert_and_search(seen, stages.ALONE, first=first + at)
    return time.process_time() - started
