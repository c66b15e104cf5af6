"""What every vector index promises, tried on each of them; Milvus is the real embedded server."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery import index
from gallery.errors import Unavailable
from gallery.index import Hit, VectorIndex, search_range
from gallery.index.memory import MemoryIndex
from gallery.index.milvus import MilvusIndex
from gallery.vectors import Vectors, unit

DIMENSIONS = 64
NAME = "sscd_1"


def paint(n: int, *, seed: int = 1, dimensions: int = DIMENSIONS) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32))


def near(vectors: NDArray[np.float32], *, noise: float, seed: int = 2) -> Vectors:
    return unit(vectors + noise * np.random.default_rng(seed).normal(size=vectors.shape).astype(np.float32))


@pytest.fixture(params=sorted(index.INDEXES))
def store(request: pytest.FixtureRequest, fresh_index: None) -> Iterator[VectorIndex]:
    if request.param == "milvus":
        request.getfixturevalue("milvus")
    opened = index.load()
    opened.ensure(NAME, DIMENSIONS)
    yield opened
    opened.drop(NAME)


def found(row: list[Hit]) -> list[int]:
    return [hit.id for hit in row]


def test_a_stored_vector_finds_itself_first(store: VectorIndex) -> None:
    vectors = paint(20)
    store.upsert(NAME, range(20), vectors)
    rows = store.search(NAME, vectors, k=5, floor=0.9)
    assert [found(row)[0] for row in rows] == list(range(20))
    assert all(row[0].similarity == pytest.approx(1.0, abs=1e-4) for row in rows)


def test_hits_come_nearest_first_with_their_inner_products(store: VectorIndex) -> None:
    vectors = paint(50)
    store.upsert(NAME, range(50), vectors)
    (row,) = store.search(NAME, Vectors(vectors[:1]), k=50, floor=-1.0)
    expected = vectors @ vectors[0]
    assert found(row) == list(np.argsort(-expected))
    assert [hit.similarity for hit in row] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)


def test_nothing_below_the_floor_is_returned_and_all_above_it_is(store: VectorIndex) -> None:
    vectors = paint(200)
    store.upsert(NAME, range(200), vectors)
    similarities = vectors @ vectors[7]
    for floor in (0.0, 0.1, 0.3):
        (row,) = store.search(NAME, Vectors(vectors[7:8]), k=200, floor=floor)
        assert sorted(found(row)) == sorted(np.flatnonzero(similarities >= floor))


def test_a_similarity_of_exactly_the_floor_counts(store: VectorIndex) -> None:
    store.upsert(NAME, [1], unit(np.eye(1, DIMENSIONS, dtype=np.float32)))
    query = np.zeros((1, DIMENSIONS), dtype=np.float32)
    query[0, :2] = 0.6, 0.8
    (row,) = store.search(NAME, unit(query), k=3, floor=0.6)
    assert found(row) == [1]


def test_at_most_k_are_returned(store: VectorIndex) -> None:
    store.upsert(NAME, range(30), near(np.repeat(paint(1), 30, axis=0), noise=0.01))
    (row,) = store.search(NAME, paint(1), k=7, floor=0.5)
    assert len(row) == 7


@pytest.mark.parametrize("copies", [1, 31, 32, 33, 150])
def test_a_burst_of_copies_is_found_whole(store: VectorIndex, copies: int) -> None:
    store.upsert(NAME, range(copies), near(np.repeat(paint(1), copies, axis=0), noise=0.01))
    store.upsert(NAME, range(1000, 1050), paint(50, seed=9))
    rows = search_range(store, NAME, Vectors(np.concatenate([paint(1), paint(1, seed=9)])), floor=0.7, k=32)
    assert sorted(found(rows[0])) == list(range(copies))
    assert found(rows[1]) == [1000]


def test_the_search_for_a_range_stops_at_its_cap(store: VectorIndex) -> None:
    store.upsert(NAME, range(100), near(np.repeat(paint(1), 100, axis=0), noise=0.01))
    (row,) = search_range(store, NAME, paint(1), floor=0.7, k=10, cap=50)
    assert len(row) == 50


def test_storing_an_id_again_replaces_its_vector(store: VectorIndex) -> None:
    old, new = paint(1, seed=3), paint(1, seed=4)
    store.upsert(NAME, [5], old)
    store.upsert(NAME, [5], new)
    assert store.search(NAME, old, k=3, floor=0.9) == [[]]
    assert found(store.search(NAME, new, k=3, floor=0.9)[0]) == [5]
    assert store.count(NAME) == 1


def test_a_deleted_id_is_not_found_and_not_counted(store: VectorIndex) -> None:
    vectors = paint(10)
    store.upsert(NAME, range(10), vectors)
    store.delete(NAME, [3, 4, 999])
    assert store.count(NAME) == 8
    assert store.search(NAME, Vectors(vectors[3:5]), k=3, floor=0.9) == [[], []]
    store.upsert(NAME, [3], Vectors(vectors[3:4]))
    assert found(store.search(NAME, Vectors(vectors[3:4]), k=3, floor=0.9)[0]) == [3]


def test_ids_stream_in_ascending_order(store: VectorIndex) -> None:
    numbers = [int(number) for number in np.random.default_rng(5).permutation(6000)[:5500]]
    for start in range(0, len(numbers), 1000):
        batch = numbers[start : start + 1000]
        store.upsert(NAME, batch, paint(len(batch), seed=start))
    store.delete(NAME, numbers[:10])
    assert list(store.ids(NAME)) == sorted(numbers[10:])
    assert store.count(NAME) == 5490


def test_big_ids_survive(store: VectorIndex) -> None:
    store.upsert(NAME, [2**62], paint(1))
    assert list(store.ids(NAME)) == [2**62]
    assert found(store.search(NAME, paint(1), k=1, floor=0.9)[0]) == [2**62]


def test_an_empty_collection_answers(store: VectorIndex) -> None:
    assert store.search(NAME, paint(3), k=5, floor=0.1) == [[], [], []]
    assert store.count(NAME) == 0
    assert list(store.ids(NAME)) == []


def test_no_rows_are_no_work(store: VectorIndex) -> None:
    nothing = Vectors(np.empty((0, DIMENSIONS), dtype=np.float32))
    store.upsert(NAME, [], nothing)
    store.delete(NAME, [])
    assert store.search(NAME, nothing, k=5, floor=0.1) == []


def test_ensuring_again_keeps_the_rows(store: VectorIndex) -> None:
    store.upsert(NAME, [1], paint(1))
    store.ensure(NAME, DIMENSIONS)
    assert store.count(NAME) == 1


def test_a_collection_of_other_dimensions_is_refused(store: VectorIndex) -> None:
    with pytest.raises(ValueError, match="64"):
        store.ensure(NAME, 128)
    for wrong in (paint(1, dimensions=32), paint(1, dimensions=128)):
        with pytest.raises(ValueError, match="64"):
            store.upsert(NAME, [1], wrong)
        with pytest.raises(ValueError, match="64"):
            store.search(NAME, wrong, k=1, floor=0.0)
    assert store.count(NAME) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 2.0])
def test_vectors_that_are_no_unit_vectors_are_refused(store: VectorIndex, value: float) -> None:
    wrong = Vectors(np.full((1, DIMENSIONS), value, dtype=np.float32))
    with pytest.raises(ValueError):
        store.upsert(NAME, [1], wrong)
    with pytest.raises(ValueError):
        store.search(NAME, wrong, k=1, floor=0.0)
    assert store.count(NAME) == 0


def test_each_vector_has_one_id(store: VectorIndex) -> None:
    with pytest.raises(ValueError, match="2 ids for 3 vectors"):
        store.upsert(NAME, [1, 2], paint(3))
    with pytest.raises(ValueError, match="twice"):
        store.upsert(NAME, [1, 1], paint(2))


def test_ids_below_zero_are_refused(store: VectorIndex) -> None:
    with pytest.raises(ValueError, match="below 0"):
        store.upsert(NAME, [-1], paint(1))


def test_a_mark_stays_until_it_is_taken_away(store: VectorIndex) -> None:
    assert not store.bears(NAME, 7)
    for mark in (7, 2**62):
        store.mark(NAME, mark)
        store.mark(NAME, mark)
    assert store.bears(NAME, 7)
    assert store.bears(NAME, 2**62)
    assert store.marks(NAME) == [7, 2**62]
    store.unmark(NAME, [7, 8])
    assert store.marks(NAME) == [2**62]
    until = time.monotonic() + 10
    while store.bears(NAME, 7) and time.monotonic() < until:  # a real server may see it for some seconds more
        time.sleep(0.2)
    assert not store.bears(NAME, 7)
    assert store.bears(NAME, 2**62)


def test_a_mark_is_neither_found_nor_listed_nor_counted(store: VectorIndex) -> None:
    """Its own row, if it has one, lies in some direction: also what lies there is found whole."""
    everywhere = unit(np.eye(DIMENSIONS, dtype=np.float32))
    store.upsert(NAME, range(DIMENSIONS), everywhere)
    for mark in (1, 2):
        store.mark(NAME, mark)
    assert store.count(NAME) == DIMENSIONS
    assert list(store.ids(NAME)) == list(range(DIMENSIONS))
    rows = store.search(NAME, everywhere, k=1, floor=0.9)
    assert [found(row) for row in rows] == [[number] for number in range(DIMENSIONS)]
    assert all(len(row) == DIMENSIONS for row in store.search(NAME, everywhere, k=DIMENSIONS, floor=-0.1))


def test_a_dropped_collection_bears_no_mark(store: VectorIndex) -> None:
    store.mark(NAME, 7)
    store.drop(NAME)
    assert not store.bears(NAME, 7)
    assert store.marks(NAME) == []
    store.ensure(NAME, DIMENSIONS)
    assert not store.bears(NAME, 7)
    with pytest.raises(Unavailable):
        store.mark("nowhere", 7)


@pytest.mark.parametrize("mark", [0, -1, 2**62 + 1])
def test_odd_marks_are_refused(store: VectorIndex, mark: int) -> None:
    for use in (store.mark, store.bears):
        with pytest.raises(ValueError, match="mark"):
            use(NAME, mark)


@pytest.mark.parametrize("name", ["", "a-b", "a b", "1a", "x" * 101, "ä"])
def test_odd_names_are_refused(store: VectorIndex, name: str) -> None:
    with pytest.raises(ValueError):
        store.ensure(name, DIMENSIONS)


def test_a_missing_collection_is_unavailable_but_counts_nothing(store: VectorIndex) -> None:
    assert store.count("nowhere") == 0
    assert list(store.ids("nowhere")) == []
    store.drop("nowhere")
    with pytest.raises(Unavailable):
        store.upsert("nowhere", [1], paint(1))
    with pytest.raises(Unavailable):
        store.search("nowhere", paint(1), k=1, floor=0.0)


def test_a_collection_can_be_made_anew_with_other_dimensions(store: VectorIndex) -> None:
    store.upsert(NAME, [1], paint(1))
    store.drop(NAME)
    store.ensure(NAME, 32)
    store.upsert(NAME, [2], paint(1, dimensions=32))
    assert list(store.ids(NAME)) == [2]


def test_collections_do_not_mix(store: VectorIndex) -> None:
    store.ensure("other", DIMENSIONS)
    store.upsert("other", [9], paint(1))
    assert store.search(NAME, paint(1), k=5, floor=0.5) == [[]]
    store.drop("other")


def test_an_index_that_is_up_answers_a_ping(store: VectorIndex) -> None:
    store.ping()


def test_milvus_answers_as_the_reference_does(milvus: str) -> None:
    reference, real = MemoryIndex(), MilvusIndex()
    originals = paint(300)
    copies = near(originals, noise=0.05)
    for store in (reference, real):
        store.ensure(NAME, DIMENSIONS)
        store.upsert(NAME, range(300), originals)
        store.upsert(NAME, range(1000, 1300), copies)
        store.delete(NAME, range(0, 300, 3))
    expected, answered = (search_range(store, NAME, copies, floor=0.3) for store in (reference, real))
    assert [found(row) for row in answered] == [found(row) for row in expected]
    real.drop(NAME)
