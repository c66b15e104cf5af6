"""How long a search takes among many vectors."""

import numpy as np
from numpy.typing import NDArray

from gallery import index
from gallery.vectors import Vectors, unit
from tests.benchmarks.timing import Times

DIMENSIONS = 512
AT_ONCE = 500
BATCH = 64
FAMILY = 20
QUERIES = 40
NEIGHBOURS, FLOOR = 22, 0.30


class Searches:
    """
    A collection of ``count`` unit vectors, and what was measured of it: ``times`` by what was done.

    The vectors lie in families of :data:`FAMILY`, so that a search has about as many hits as it asks for.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.times: dict[str, Times] = {}
        self._collection = f"benchmark_{count}"
        self._rng = np.random.default_rng(0)
        self._middles = self._rng.normal(size=(max(1, count // FAMILY), DIMENSIONS))

    def store(self) -> None:
        """Store all, :data:`AT_ONCE` at a time."""
        times, client = Times(), index.load()
        client.ensure(self._collection, DIMENSIONS)
        for first in range(0, self.count, AT_ONCE):
            numbers = np.arange(first, min(first + AT_ONCE, self.count))
            rows = self._near(numbers // FAMILY % len(self._middles))
            with times.measured():
                client.upsert(self._collection, numbers.tolist(), rows)
        self.times[f"store {AT_ONCE}"] = times

    def search(self, state: str) -> None:
        """Search for one and for :data:`BATCH` at once, again and again. ``state`` is that of the collection."""
        for size in (1, BATCH):
            self.times[f"search for {size}, {state}"] = self._search(size)

    def _search(self, size: int) -> Times:
        """The first one only wakes the collection."""
        times, client = Times(), index.load()
        for number in range(1 + (QUERIES if size == 1 else QUERIES // 4)):
            queries = self._near(self._rng.integers(len(self._middles), size=size))
            with (Times() if number == 0 else times).measured():
                client.search(self._collection, queries, k=NEIGHBOURS, floor=FLOOR)
        return times

    def _near(self, families: NDArray[np.int64]) -> Vectors:
        """One vector of each of ``families``; two of one family have a cosine of about 0.5."""
        middles = self._middles[families]
        return unit((middles + self._rng.normal(size=middles.shape)).astype(np.float32))
