"""
Milvus: the embedded server of ``manage.py serve_milvus``, a standalone server, a cluster or a hosted one.

Always over TCP (``MILVUS_URI``), because a ``.db`` file belongs to one process. Only what both the embedded and the
real server do right is used: upsert, search with ``radius``, delete by ids, ``count(*)``, the query iterator.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import grpc
import numpy as np
from pymilvus import DataType, MilvusClient, MilvusException
from pymilvus.client.types import LoadState

from gallery.conf import conf
from gallery.errors import Unavailable
from gallery.index.base import SLACK, Hit, check_mark, check_name, check_rows
from gallery.vectors import Vectors, checked

# It prints every failure with a traceback, also those that are retried and those that we translate.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

_PING_SECONDS = 2.0
_STREAM_ROWS = 5000
_MIN_EF = 128
"""Candidates that HNSW keeps while it searches; recall@10 is then 0.99 at 10,000 rows and more above."""

_COLLECTION_MISSING = 100

_MARKS = 2
"""
A mark is a row below 0, so that it lives and is lost with the rows. There are this many at most, while one takes the
place of another, and a search asks for so many more.
"""

_CHANNEL = {
    # A server that comes back is found within a second: gRPC waits up to two minutes between attempts, and shares that
    # patience between all channels to one address unless each has a pool of its own.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.use_local_subchannel_pool": 1,
    # Whatever its name says, for so long a server may take to greet us: a busy one needs more than a moment.
    "grpc.min_reconnect_backoff_ms": 3000,
}

_clients: dict[tuple[int, str, str], MilvusClient] = {}
_clients_lock = Lock()


def _client(timeout: float) -> MilvusClient:
    """
    This process's client, made at the first use.

    The process id is part of the key: a client that came through a fork hangs. It is left alone there, because closing
    it would close the parent's connection. ``dedicated``, because clients of one address otherwise share a channel.
    """
    settings = conf()
    key = (os.getpid(), settings.milvus_uri, settings.milvus_token)
    with _clients_lock:
        if key not in _clients:
            _clients[key] = MilvusClient(
                uri=settings.milvus_uri,
                token=settings.milvus_token,
                timeout=timeout,
                dedicated=True,
                grpc_options=_CHANNEL,
            )
        return _clients[key]


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """The door: what pymilvus and gRPC raise becomes :class:`~gallery.errors.Unavailable`."""
    try:
        yield
    except MilvusException as error:
        if error.code == _COLLECTION_MISSING:
            raise Unavailable("milvus", "The vector index lost a collection; it is made again.") from error
        raise Unavailable("milvus", f"The vector index could not {doing}.") from error
    except grpc.RpcError as error:
        raise Unavailable("milvus", f"The vector index does not answer (it was to {doing}).") from error
    except grpc.FutureTimeoutError as error:
        raise Unavailable("milvus", f"The vector index took too long to {doing}.") from error


class MilvusIndex:
    """A :class:`~gallery.index.base.VectorIndex` in Milvus."""

    def __init__(self) -> None:
        self._dimensions: dict[str, int] = {}

    def ensure(self, collection: str, dimensions: int) -> None:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("make a collection"):
            client = _client(timeout)
            if not client.has_collection(name, timeout=timeout):
                _create(client, name, dimensions, timeout)
            found = _describe(client, name, timeout)
            if found != dimensions:
                raise ValueError(f"{name} holds vectors of {found} numbers, not {dimensions}")
            # A process that died between the three calls left a collection that can't answer.
            if not client.list_indexes(name, field_name="vector", timeout=timeout):
                client.create_index(name, _index_params(client), timeout=timeout)
            if client.get_load_state(name, timeout=timeout)["state"] != LoadState.Loaded:
                client.load_collection(name, timeout=timeout)
        self._dimensions[name] = found

    def upsert(self, collection: str, ids: Sequence[int], vectors: Vectors) -> None:
        rows = check_rows(ids, vectors)
        if not len(ids):
            return
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("store vectors"):
            client = _client(timeout)
            self._check_dimensions(client, name, rows, timeout)
            data = [{"id": int(number), "vector": row} for number, row in zip(ids, rows, strict=True)]
            client.upsert(name, data, timeout=timeout)

    def search(self, collection: str, vectors: Vectors, *, k: int, floor: float) -> list[list[Hit]]:
        queries = checked(vectors)
        if not len(queries):
            return []
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("search"):
            client = _client(timeout)
            self._check_dimensions(client, name, queries, timeout)
            answer = client.search(
                name,
                data=list(queries),
                limit=k + _MARKS,
                output_fields=["id"],  # without it the embedded server returns the vectors too
                consistency_level="Strong",
                search_params={
                    "metric_type": "IP",
                    "params": {"radius": floor - SLACK, "ef": max(_MIN_EF, k + _MARKS)},
                },
                timeout=timeout,
            )
            return [_hits(row)[:k] for row in answer]

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        if not len(ids):
            return
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("forget vectors"):
            _client(timeout).delete(name, ids=[int(number) for number in ids], timeout=timeout)

    def count(self, collection: str) -> int:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("count"):
            client = _client(timeout)
            if not client.has_collection(name, timeout=timeout):
                return 0
            # count(*), not the statistics' row_count, which includes what was replaced and deleted.
            answer = client.query(name, output_fields=["count(*)"], consistency_level="Strong", timeout=timeout)
            return int(answer[0]["count(*)"]) - len(_marks(client, name, timeout))

    def ids(self, collection: str) -> Iterator[int]:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("list its ids"):
            client = _client(timeout)
            if not client.has_collection(name, timeout=timeout):
                return
            pages = client.query_iterator(
                name,
                batch_size=_STREAM_ROWS,
                output_fields=["id"],
                consistency_level="Strong",
                timeout=timeout,
            )
        last = None
        try:
            while True:
                with _translated("list its ids"):
                    page = pages.next()
                if not page:
                    return
                for row in page:
                    # After a crash the embedded server can return a row twice until it has flushed.
                    if row["id"] != last and row["id"] >= 0:
                        last = int(row["id"])
                        yield last
        finally:
            pages.close()

    def drop(self, collection: str) -> None:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("drop a collection"):
            client = _client(timeout)
            if client.has_collection(name, timeout=timeout):
                client.drop_collection(name, timeout=timeout)
        self._dimensions.pop(name, None)

    def mark(self, collection: str, mark: int) -> None:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("mark a collection"):
            client = _client(timeout)
            # Its direction is as good as any: no search returns it.
            vector = np.eye(1, _describe(client, name, timeout), dtype=np.float32)[0]
            client.upsert(name, [{"id": -check_mark(mark), "vector": vector}], timeout=timeout)

    def unmark(self, collection: str, marks: Sequence[int]) -> None:
        if not len(marks):
            return
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("forget marks"):
            _client(timeout).delete(name, ids=[-check_mark(mark) for mark in marks], timeout=timeout)

    def bears(self, collection: str, mark: int) -> bool:
        name, timeout, wanted = check_name(collection), conf().milvus_timeout, [-check_mark(mark)]
        with _translated("look for a mark"):
            client = _client(timeout)
            try:
                # A real server waits up to a tick before it answers strongly; most marks are older than that.
                return any(
                    client.get(name, wanted, output_fields=["id"], consistency_level=level, timeout=timeout)
                    for level in ("Eventually", "Strong")
                )
            except MilvusException:
                if client.has_collection(name, timeout=timeout):
                    raise
                return False

    def marks(self, collection: str) -> list[int]:
        name, timeout = check_name(collection), conf().milvus_timeout
        with _translated("list marks"):
            client = _client(timeout)
            return _marks(client, name, timeout) if client.has_collection(name, timeout=timeout) else []

    def ping(self) -> None:
        with _translated("answer"):
            _client(_PING_SECONDS).get_server_version(timeout=_PING_SECONDS)

    def _check_dimensions(self, client: MilvusClient, name: str, rows: Vectors, timeout: float) -> None:
        if rows.shape[1] == self._dimensions.get(name):
            return
        # Asked again on a difference: another process may have dropped the collection and made it anew.
        self._dimensions[name] = _describe(client, name, timeout)
        if rows.shape[1] != self._dimensions[name]:
            raise ValueError(f"{name} holds vectors of {self._dimensions[name]} numbers, not {rows.shape[1]}")


def _create(client: MilvusClient, name: str, dimensions: int, timeout: float) -> None:
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
    try:
        client.create_collection(
            name, schema=schema, index_params=_index_params(client), consistency_level="Strong", timeout=timeout
        )
    except MilvusException:
        # Two workers that start together both find none; the slower one uses what the faster one made.
        if not client.has_collection(name, timeout=timeout):
            raise


def _index_params(client: MilvusClient) -> object:
    # HNSW only: the embedded server accepts other types, does not build them and fails at its next start.
    params = client.prepare_index_params()
    params.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 16, "efConstruction": 200})
    return params


def _describe(client: MilvusClient, name: str, timeout: float) -> int:
    """The dimensions of the vectors in ``name``."""
    fields = client.describe_collection(name, timeout=timeout)["fields"]
    return next(int(field["params"]["dim"]) for field in fields if field["name"] == "vector")


def _marks(client: MilvusClient, name: str, timeout: float) -> list[int]:
    rows = client.query(name, filter="id < 0", output_fields=["id"], consistency_level="Strong", timeout=timeout)
    return sorted({-int(row["id"]) for row in rows})


def _hits(row: Sequence[dict[str, float]]) -> list[Hit]:
    """One query's answer, each id once (see :meth:`MilvusIndex.ids`), nearest first, without the marks."""
    best: dict[int, float] = {}
    for hit in row:
        number = int(hit["id"])
        if number < 0:
            continue
        best[number] = max(float(hit["distance"]), best.get(number, -1.0))
    return [Hit(number, best[number]) for number in sorted(best, key=lambda number: (-best[number], number))]
