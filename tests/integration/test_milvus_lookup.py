"""The embedded Milvus' own search sees exactly what milvus-lite's does: newest versions, nothing that was deleted."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.db import MilvusLite
from milvus_lite.engine.collection import Collection
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema
from milvus_lite.storage.segment import Segment

from gallery.index import lookup
from gallery.index.lookup import Rows
from gallery.vectors import unit

DIMENSIONS = 16
RADIUS = 0.2


@pytest.fixture
def database(tmp_path: Path) -> Iterator[MilvusLite]:
    opened = MilvusLite(str(tmp_path / "milvus"))
    yield opened
    opened.close()


def make(database: MilvusLite, *, dimensions: int) -> Any:
    fields = [
        FieldSchema(name="id", dtype=DataType.INT64, is_primary=True),
        FieldSchema(name="vector", dtype=DataType.FLOAT_VECTOR, dim=dimensions),
    ]
    made = database.create_collection("trial", CollectionSchema(fields=fields))
    made.create_index("vector", {"index_type": "HNSW", "metric_type": "IP", "params": {"M": 16}})
    made.load()
    return made


@pytest.fixture
def collection(database: MilvusLite) -> Any:
    return make(database, dimensions=DIMENSIONS)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server does when it starts, taken back after the test."""
    monkeypatch.setattr(Collection, "search", Collection.search)
    monkeypatch.setattr(Segment, "build_or_load_index", Segment.build_or_load_index)
    lookup.install()


def upsert(collection: Any, ids: list[int], rng: np.random.Generator) -> None:
    upsert_rows(collection, ids, unit(rng.normal(size=(len(ids), DIMENSIONS)).astype(np.float32)))


def upsert_rows(collection: Any, ids: Iterable[int], vectors: Rows) -> None:
    collection.upsert([{"id": pk, "vector": vector.tolist()} for pk, vector in zip(ids, vectors, strict=True)])


def both(collection: Any, queries: Rows, *, k: int) -> tuple[Any, Any]:
    """What milvus-lite answers, and what we do."""
    theirs = collection.search(
        queries.tolist(), top_k=k, metric_type="IP", output_fields=["id"], radius=RADIUS, search_params={"ef": 512}
    )
    ours = lookup.neighbours(collection, queries, k=k, radius=RADIUS, params={"ef": 512})
    return [[(hit["id"], hit["distance"]) for hit in row] for row in theirs], ours


def check_alike(collection: Any, rng: np.random.Generator, *, k: int = 12) -> int:
    queries = unit(rng.normal(size=(7, DIMENSIONS)).astype(np.float32))
    theirs, ours = both(collection, queries, k=k)
    for their_row, our_row in zip(theirs, ours, strict=True):
        assert [pk for pk, _alike in our_row] == [pk for pk, _alike in their_row]
        assert np.allclose([alike for _pk, alike in our_row], [alike for _pk, alike in their_row], atol=1e-5)
    return sum(map(len, ours))


def test_an_empty_collection_has_no_neighbours(collection: Any) -> None:
    assert check_alike(collection, np.random.default_rng(0)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_it_sees_what_milvus_lite_sees_whatever_was_written_before(collection: Any, seed: int) -> None:
    rng, seen = np.random.default_rng(seed), 0
    for _step in range(30):
        ids = [int(pk) for pk in rng.choice(60, size=rng.integers(1, 12), replace=False) - 2]  # also ids below 0
        match rng.integers(4):
            case 0 | 1:
                upsert(collection, ids, rng)
            case 2:
                collection.delete(ids[:3])
            case _:
                collection.flush()
        seen += check_alike(collection, rng)
    assert seen > 500


def test_it_sees_them_after_the_segments_were_merged(collection: Any) -> None:
    rng = np.random.default_rng(5)
    for first in range(0, 120, 10):
        upsert(collection, list(range(first, first + 15)), rng)
        collection.flush()
    collection.delete([3, 4, 5])
    assert check_alike(collection, rng, k=200) > 100


@pytest.mark.parametrize("seed", range(2))
def test_it_sees_them_also_without_graphs(collection: Any, installed: None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _step in range(8):
        ids = [int(pk) for pk in rng.choice(60, size=12, replace=False)]
        upsert(collection, ids, rng)
        collection.flush()
    queries = unit(rng.normal(size=(7, DIMENSIONS)).astype(np.float32))
    rows = collection.query("id >= 0", output_fields=["id", "vector"])
    everything = {row["id"]: np.array(row["vector"], np.float32) for row in rows}
    for query, found in zip(
        queries, lookup.neighbours(collection, queries, k=80, radius=RADIUS, params={}), strict=True
    ):
        near = {pk: float(query @ vector) for pk, vector in everything.items() if query @ vector > RADIUS}
        assert [pk for pk, _alike in found] == sorted(near, key=near.__getitem__, reverse=True)


def test_rows_that_are_all_equally_far_from_each_other_are_found(database: MilvusLite, installed: None) -> None:
    """In a graph no row would lead to some of them."""
    everywhere = np.eye(64, dtype=np.float32)
    collection = make(database, dimensions=64)
    upsert_rows(collection, range(64), everywhere)
    collection.flush()
    _behind_our_back(collection)
    found = lookup.neighbours(collection, everywhere, k=1, radius=0.9, params={"ef": 128})
    assert [[pk for pk, _alike in row] for row in found] == [[pk] for pk in range(64)]


def test_only_large_segments_get_a_graph(collection: Any, installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "EXACT_ROWS", 20)
    rng, kinds = np.random.default_rng(3), []
    for count in (20, 21):
        upsert(collection, list(range(count)), rng)
        collection.flush()
        _behind_our_back(collection)
        segments = collection._segments_snapshot()
        kinds.append(sorted(index.index_type for segment in segments for index in segment.indexes.values()))
    assert kinds == [["BRUTE_FORCE"], ["BRUTE_FORCE", "HNSW"]]


def _behind_our_back(collection: Any) -> None:
    """Wait for what milvus-lite does after a flush: it builds graphs."""
    collection._bg_executor.submit(lambda: None).result()


def test_another_kind_of_search_is_left_to_milvus_lite(collection: Any, installed: None) -> None:
    upsert(collection, [1, 2, 3], np.random.default_rng(0))
    query = [[1.0] + [0.0] * (DIMENSIONS - 1)]
    ours = collection.search(query, top_k=5, metric_type="IP", output_fields=["id"], radius=-1.1)
    filtered = collection.search(query, top_k=5, metric_type="IP", output_fields=["id"], radius=-1.1, expr="id > 1")
    assert sorted(hit["id"] for hit in ours[0]) == [1, 2, 3]
    assert sorted(hit["id"] for hit in filtered[0]) == [2, 3]
    assert all("vector" in hit["entity"] for hit in collection.search(query, metric_type="IP", output_fields=["*"])[0])
