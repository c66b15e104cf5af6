"""
The reference: brute force in this process's memory.

For tests, and to say what the other stores should have answered. Nothing is shared between processes or kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from gallery.errors import Unavailable
from gallery.index.base import SLACK, Hit, check_mark, check_name, check_rows
from gallery.vectors import Vectors, checked


@dataclass
class _Collection:
    dimensions: int
    rows: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    marks: set[int] = field(default_factory=set)


class MemoryIndex:
    """A :class:`~gallery.index.base.VectorIndex` that compares with everything."""

    def __init__(self) -> None:
        self._collections: dict[str, _Collection] = {}
        self._lock = RLock()

    def ensure(self, collection: str, dimensions: int) -> None:
        with self._lock:
            found = self._collections.setdefault(check_name(collection), _Collection(dimensions))
            if found.dimensions != dimensions:
                raise ValueError(f"{collection} holds vectors of {found.dimensions} numbers, not {dimensions}")

    def upsert(self, collection: str, ids: Sequence[int], vectors: Vectors) -> None:
        rows = check_rows(ids, vectors)
        with self._lock:
            found = self._open(collection)
            _check_dimensions(collection, found, rows)
            found.rows.update(zip((int(number) for number in ids), rows.copy(), strict=True))

    def search(self, collection: str, vectors: Vectors, *, k: int, floor: float) -> list[list[Hit]]:
        queries = checked(vectors)
        with self._lock:
            found = self._open(collection)
            _check_dimensions(collection, found, queries)
            if not found.rows:
                return [[] for _ in queries]
            numbers = list(found.rows)
            similarities = queries @ np.stack(list(found.rows.values())).T
        return [_nearest(numbers, row, k, floor) for row in similarities]

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        with self._lock:
            rows = self._open(collection).rows
            for number in ids:
                rows.pop(int(number), None)

    def count(self, collection: str) -> int:
        with self._lock:
            found = self._collections.get(check_name(collection))
            return len(found.rows) if found else 0

    def ids(self, collection: str) -> Iterator[int]:
        with self._lock:
            found = self._collections.get(check_name(collection))
            numbers = sorted(found.rows) if found else []
        yield from numbers

    def drop(self, collection: str) -> None:
        with self._lock:
            self._collections.pop(check_name(collection), None)

    def mark(self, collection: str, mark: int) -> None:
        with self._lock:
            self._open(collection).marks.add(check_mark(mark))

    def unmark(self, collection: str, marks: Sequence[int]) -> None:
        with self._lock:
            self._open(collection).marks.difference_update(marks)

    def bears(self, collection: str, mark: int) -> bool:
        return check_mark(mark) in self.marks(collection)

    def marks(self, collection: str) -> list[int]:
        with self._lock:
            found = self._collections.get(check_name(collection))
            return sorted(found.marks) if found else []

    def ping(self) -> None:
        """Always answers."""

    def _open(self, collection: str) -> _Collection:
        try:
            return self._collections[check_name(collection)]
        except KeyError as error:
            raise Unavailable("milvus", f"The index has no collection {collection}; it is made again.") from error


def _check_dimensions(collection: str, found: _Collection, rows: Vectors) -> None:
    if rows.shape[1] != found.dimensions:
        raise ValueError(f"{collection} holds vectors of {found.dimensions} numbers, not {rows.shape[1]}")


def _nearest(numbers: list[int], similarities: NDArray[np.float32], k: int, floor: float) -> list[Hit]:
    order = np.argsort(-similarities, kind="stable")[:k]
    return [Hit(numbers[place], float(similarities[place])) for place in order if similarities[place] >= floor - SLACK]
