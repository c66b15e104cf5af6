"""
The embedded Milvus' answer to the one kind of search that this site asks: neighbours above a similarity, ids only.

Milvus-lite fetches five times the rows that were asked for, each with its vector as a list of Python numbers, and turns
every row that is not flushed into such a list before it compares: a millisecond a row asked for, half a second for a
thousand fresh rows. Here rows stay arrays, and only ids are fetched. What is seen is the same, as a test compares: the
newest version of each row, of large segments by their graph and of all others one by one.

It reads ``Collection``, ``Segment`` and ``MemTable`` where they are not promised to stay as they are: requirements.txt
pins milvus-lite exactly. Any other kind of search goes to milvus-lite itself.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from milvus_lite.engine.collection import Collection
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.storage.segment import Segment
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]
Mask = NDArray[np.bool_]
Found = tuple[Ids, Rows]
"""Ids and similarities, both of shape ``(queries, hits)``; minus infinity is no hit."""

EXACT_ROWS = 20_000
"""
Up to so many rows a flushed segment has no graph and is compared row by row. A graph misses what no other row of it
leads to: 2 of 10,000 neighbours, and a sixth where all rows are equally far from each other. Of this many rows 64
queries at once take no longer than by the graph, and one takes 4 ms; a graph takes half a minute to be built.
"""

_PASSED_ON = {"partition_names", "expr", "group_by_field", "range_filter", "ranker", "offset"}
"""Arguments of a search that make it one of another kind."""

_newest: "WeakKeyDictionary[Collection, tuple[tuple[str, ...], list[tuple[Ids, Mask]]]]" = WeakKeyDictionary()


def install() -> None:
    """Let every collection of this process answer by :func:`neighbours` where it can, exactly where it is small."""
    Collection.search = _answering(Collection.search)
    Segment.build_or_load_index = _building(Segment.build_or_load_index)


def _building(build: Callable[..., None]) -> Callable[..., None]:
    @wraps(build)
    def build_if_large(segment: Any, spec: Any, index_dir: str) -> None:
        if segment.num_rows > EXACT_ROWS or spec.metric_type != "IP":
            build(segment, spec, index_dir)
        elif segment.num_rows and spec.field_name not in segment.indexes:
            rows, _nulls = segment.vector_data(spec.field_name)
            segment.attach_index(BruteForceIndex.build(rows, spec.metric_type), field_name=spec.field_name)

    return build_if_large


def _answering(search: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(search)
    def answer(collection: Any, query_vectors: list[Any], top_k: int = 10, **asked: Any) -> Any:
        if not _is_ours(collection, query_vectors, asked):
            return search(collection, query_vectors, top_k, **asked)
        collection._require_loaded()
        queries = np.asarray(query_vectors, np.float32)
        found = neighbours(
            collection, queries, k=top_k, radius=asked["radius"], params=asked.get("search_params") or {}
        )
        return [[{"id": pk, "distance": alike, "entity": {}} for pk, alike in row] for row in found]

    return answer


def _is_ours(collection: Any, query_vectors: list[Any], asked: dict[str, Any]) -> bool:
    return (
        bool(query_vectors)
        and asked.get("radius") is not None
        and asked.get("metric_type") == "IP"
        and asked.get("output_fields") == [collection._pk_name]
        and asked.get("anns_field") in (None, "", collection._vector_name)
        and not any(asked.get(name) for name in _PASSED_ON)
    )


def neighbours(
    collection: Any, queries: Rows, *, k: int, radius: float, params: dict[str, Any]
) -> list[list[tuple[int, float]]]:
    """
    The up to ``k`` nearest rows of each of ``queries``, nearest first, with an inner product above ``radius``.

    :param queries: shape ``(n, d)``.
    :param params: how wide the graph is searched (``ef``).
    """
    segments, tombstones = collection._read_snapshot()
    segments = [segment for segment in segments if segment.num_rows]
    fresh, removed = collection._memtable.pk_index_snapshot(), collection._memtable.delete_index_snapshot()
    later = {**tombstones._map}
    for pk, (_batch, _row, seq) in fresh:
        later[pk] = max(seq, later.get(pk, -1))
    for pk, (seq, _partition) in removed.items():
        later[pk] = max(seq, later.get(pk, -1))
    found = [
        _in_segment(segment, ids, _without(mask, segment, later), queries, k=k, params=params)
        for segment, (ids, mask) in zip(segments, _newest_of(collection, segments), strict=True)
    ]
    if fresh:
        found.append(_in_memory(collection, fresh, tombstones, queries))
    return _merged(found, len(queries), k=k, radius=radius)


def _newest_of(collection: Any, segments: Sequence[Any]) -> list[tuple[Ids, Mask]]:
    """Of each segment its ids, and which rows no other segment has newer. Kept until one changes."""
    files = tuple(segment.file_path for segment in segments)
    kept = _newest.get(collection)
    if kept is not None and kept[0] == files:
        return kept[1]
    ids = [np.asarray(segment.pks, np.int64) for segment in segments]
    masks = np.zeros(sum(map(len, ids)), np.bool_)
    if segments:
        every, seqs = np.concatenate(ids), np.concatenate([segment.seqs for segment in segments])
        order = np.lexsort((seqs, every))
        last = np.append(every[order][1:] != every[order][:-1], True)
        masks[order[last]] = True
    cuts = np.cumsum([len(part) for part in ids])[:-1]
    newest = list(zip(ids, np.split(masks, cuts) if segments else [], strict=True))
    _newest[collection] = files, newest
    return newest


def _without(mask: Mask, segment: Any, later: dict[int, int]) -> Mask:
    """``mask`` without the rows of ``segment`` that were written again or deleted after it."""
    places = segment.pk_to_row
    if len(later) < len(places):
        hidden = [places[pk] for pk, seq in later.items() if pk in places and segment.seqs[places[pk]] < seq]
    else:
        hidden = [place for pk, place in places.items() if segment.seqs[place] < later.get(pk, -1)]
    if not hidden:
        return mask
    mask = mask.copy()
    mask[hidden] = False
    return mask


def _in_segment(segment: Any, ids: Ids, mask: Mask, queries: Rows, *, k: int, params: dict[str, Any]) -> Found:
    if not mask.any():
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    field = segment._vector_field
    graph = segment.indexes.get(field)
    if graph is None or isinstance(graph, BruteForceIndex):
        alike = queries @ segment.vector_data(field)[0].T
        return np.broadcast_to(ids, alike.shape), alike if mask.all() else np.where(mask, alike, np.float32(-np.inf))
    # No mask at all is faster than one that hides nothing.
    places, distances = graph.search(queries, k, valid_mask=None if mask.all() else mask, params=params)
    return ids[places], np.where(places >= 0, -distances, -np.inf).astype(np.float32)


def _in_memory(collection: Any, fresh: Sequence[Any], tombstones: Any, queries: Rows) -> Found:
    """All fresh rows. Those that were deleted are not among them."""
    memtable, field = collection._memtable, collection._vector_name
    live = [(pk, batch, row) for pk, (batch, row, seq) in fresh if not tombstones.is_deleted(pk, seq)]
    if not live:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    batches = [_vectors(batch.column(field)) for batch in memtable._insert_batches]
    starts = np.cumsum([0, *(len(batch) for batch in batches)])
    ids, which, rows = (np.array(column, np.int64) for column in zip(*live, strict=True))
    vectors = np.concatenate(batches)[starts[which] + rows]
    return np.broadcast_to(ids, (len(queries), len(ids))), queries @ vectors.T


def _vectors(column: Any) -> Rows:
    """An Arrow column of lists of one length as an array of shape ``(n, d)``, without a copy."""
    return np.asarray(column.flatten().to_numpy(zero_copy_only=True), np.float32).reshape(len(column), -1)


def _merged(found: Sequence[Found], queries: int, *, k: int, radius: float) -> list[list[tuple[int, float]]]:
    return [_nearest([(ids[row], alike[row]) for ids, alike in found], k=k, radius=radius) for row in range(queries)]


def _nearest(found: Sequence[Found], *, k: int, radius: float) -> list[tuple[int, float]]:
    """Of one query: the rows of all places where something was found."""
    if not found:
        return []
    near = [np.flatnonzero(alike > radius) for _ids, alike in found]
    ids = np.concatenate([ids[places] for (ids, _alike), places in zip(found, near, strict=True)])
    alike = np.concatenate([alike[places] for (_ids, alike), places in zip(found, near, strict=True)])
    best = np.argsort(-alike, kind="stable")[:k]
    return list(zip(ids[best].tolist(), alike[best].tolist(), strict=True))
