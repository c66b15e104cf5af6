"""
What a vector index promises.

Ids are integers ≥ 0 that the caller chooses (the fingerprint's primary key); similarity is the inner product of unit
vectors, −1 to 1. A collection holds the vectors of one embedder key: vectors of different models never meet.

A collection can bear marks, integers from 1 to 2⁶². They are kept like its rows, go into a copy of them and are lost
with them, so that a mark that is there proves that this state of the collection, or a later one, is there. They are
neither found nor listed nor counted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gallery.vectors import Vectors, checked

SLACK = 1e-6
"""How far below the floor a similarity may lie and still count: float32 products differ by that much between stores."""

CAP = 1024
"""The most neighbours of one vector that :func:`search_range` asks for, unless told otherwise."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A neighbour: its id and its similarity to the query, the inner product of the two unit vectors."""

    id: int
    similarity: float


class VectorIndex(Protocol):
    """
    A store of unit vectors by id.

    Every method raises :class:`gallery.errors.Unavailable` when the store does not answer in time or reports a fault,
    and ``ValueError`` for vectors, ids, names or marks that can't be right (:func:`check_rows`, :func:`check_name`,
    :func:`check_mark`).
    All methods may be repeated: the second call of the same one changes nothing more.
    """

    def ensure(self, collection: str, dimensions: int) -> None:
        """
        Make ``collection`` exist, for vectors of ``dimensions`` numbers, and be ready to answer.

        :raises ValueError: if it exists with other dimensions.
        """

    def upsert(self, collection: str, ids: Sequence[int], vectors: Vectors) -> None:
        """
        Store ``vectors``, shape ``(n, d)``, under ``ids``; what an id had before is replaced.

        When this returns, every later search in any process sees them.
        """

    def search(self, collection: str, vectors: Vectors, *, k: int, floor: float) -> list[list[Hit]]:
        """
        The up to ``k`` nearest of each of ``vectors``, nearest first, with similarity ≥ ``floor``.

        Sees every upsert that returned before the call (strong consistency). A vector that is itself stored finds
        itself. A row that comes back with ``k`` hits may have more: use :func:`search_range` to get them all.
        """

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        """Forget ``ids``; unknown ones are ignored."""

    def count(self, collection: str) -> int:
        """How many vectors are stored, strongly consistent; 0 where there is no such collection."""

    def ids(self, collection: str) -> Iterator[int]:
        """The stored ids in ascending order, streamed; none where there is no such collection."""

    def drop(self, collection: str) -> None:
        """Delete ``collection`` and all it holds, if there is one."""

    def mark(self, collection: str, mark: int) -> None:
        """Put ``mark`` on ``collection``. When this returns, every process sees it."""

    def unmark(self, collection: str, marks: Sequence[int]) -> None:
        """
        Take ``marks`` away; unknown ones are ignored.

        :meth:`bears` may see them for some seconds more: who asks for a mark asks for the one that SQL has, and that
        is never taken away before SQL has another.
        """

    def bears(self, collection: str, mark: int) -> bool:
        """Whether ``mark`` is on it; not where there is no such collection. Costs no more than one search."""

    def marks(self, collection: str) -> list[int]:
        """All marks, ascending; none where there is no such collection. May take as long as a look at every row."""

    def ping(self) -> None:
        """Return if the store answers, within two seconds."""


def search_range(
    index: VectorIndex, collection: str, vectors: Vectors, *, floor: float, k: int = 32, cap: int = CAP
) -> list[list[Hit]]:
    """
    Every neighbour of each of ``vectors`` with similarity ≥ ``floor``, nearest first.

    A fixed k would lose pairs in a burst of copies, so the rows that come back full are asked again for twice as
    many, until none is full or ``cap`` is reached.

    :param k: how many to ask for at first, ≥ 1.
    :param cap: the most per vector; a row of this length may be cut off.
    """
    if not 1 <= k <= cap:
        raise ValueError(f"k is {k}; it must lie between 1 and the cap of {cap}")
    rows = index.search(collection, vectors, k=k, floor=floor)
    full = [place for place, row in enumerate(rows) if len(row) >= k]
    while full and k < cap:
        k = min(2 * k, cap)
        again = index.search(collection, Vectors(vectors[full]), k=k, floor=floor)
        for place, row in zip(full, again, strict=True):
            rows[place] = row
        full = [place for place in full if len(rows[place]) >= k]
    return rows


def check_name(collection: str) -> str:
    """
    ``collection`` as it is: a letter or underscore, then letters, digits, underscores; 100 at most.

    :raises ValueError: if it is anything else.
    """
    if not _NAME.fullmatch(collection):
        raise ValueError(f"{collection!r} can't name a collection: letters, digits and underscores only")
    return collection


def check_rows(ids: Sequence[int], vectors: Vectors) -> Vectors:
    """
    ``vectors``, once it is certain that they are finite unit vectors with one id each.

    Stores accept NaN, wrong norms and repeated ids, and answer nonsense later.

    :raises ValueError: if they are not.
    """
    rows = checked(vectors)
    if len(ids) != rows.shape[0]:
        raise ValueError(f"{len(ids)} ids for {rows.shape[0]} vectors")
    if len(set(ids)) != len(ids):
        raise ValueError("an id occurs twice in one call")
    if len(ids) and min(ids) < 0:
        raise ValueError("an id is below 0")
    return rows


def check_mark(mark: int) -> int:
    """
    ``mark`` as it is.

    :raises ValueError: if it is not from 1 to 2⁶².
    """
    if not 1 <= mark <= 1 << 62:
        raise ValueError(f"{mark} can't be a mark: from 1 to 2^62 only")
    return mark
