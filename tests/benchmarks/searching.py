"""How long a search takes among many vectors."""

import numpy as np
from numpy.typing import NDArray

from gallery import index
from gallery.vectors import Vectors, unit
from tests.benchmarks.timing import Times

DIMENSIONS = 512
COLLECTION = "benchmark"
AT_ONCE = 500
BATCH = 64
FAMILY = 20
QUERIES = 60
NEIGHBOURS, FLOOR = 22, 0.30


def measure(count: int) -> dict[str, Times]:
    """
    Store ``count`` unit vectors, then search for one and for :data:`BATCH` at once.

    The vectors lie in families of :data:`FAMILY`, so that every search has about as many hits as it asks for.
    """
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(max(1, count // FAMILY), DIMENSIONS))
    client = index.load()
    client.ensure(COLLECTION, DIMENSIONS)
    times = {name: Times() for name in (f"store {AT_ONCE}", "search for 1", f"search for {BATCH}")}
    for first in range(0, count, AT_ONCE):
        numbers = np.arange(first, min(first + AT_ONCE, count))
        rows = _near(middles[numbers // FAMILY % len(middles)], rng)
        with times[f"store {AT_ONCE}"].measured():
            client.upsert(COLLECTION, numbers.tolist(), rows)
    for size, name in ((1, "search for 1"), (BATCH, f"search for {BATCH}")):
        for _time in range(QUERIES if size == 1 else QUERIES // 4):
            queries = _near(middles[rng.integers(len(middles), size=size)], rng)
            with times[name].measured():
                client.search(COLLECTION, queries, k=NEIGHBOURS, floor=FLOOR)
    client.drop(COLLECTION)
    return times


def _near(middles: NDArray[np.float64], rng: np.random.Generator) -> Vectors:
    """One vector for each of ``middles``; two of one middle have a cosine of about 0.5."""
    return unit((middles + rng.normal(size=middles.shape)).astype(np.float32))
