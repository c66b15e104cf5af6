"""
The embedded Milvus: one process on loopback that serves Milvus' protocol from a folder.

It wraps milvus-lite's servicer, because its own command loses rows under concurrent writers (its engine allows one
writer a collection, its server ten), answers pymilvus' keepalive pings with ``too_many_pings``, starts with every
collection unloaded and leaves on SIGTERM without flushing. Good to some 100,000 images; then run a real server.

``MilvusServicer`` and ``MilvusLite`` are not promised to stay as they are: requirements.txt pins milvus-lite exactly.
"""

import logging
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import grpc
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from milvus_lite.exceptions import DataDirLockedError
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc

from gallery.index import lookup

logger = logging.getLogger(__name__)

_MESSAGE_BYTES = 256 * 1024 * 1024
_THREADS = 16
_GRACE_SECONDS = 5.0
_WAKE_SECONDS = 1.0

FLUSH_ROWS = 1024
"""
Rows that are not flushed are searched one by one: at 5,000 of them a search takes 250 ms, flushed 30. A flush of this
many takes 0.2 to 0.3 s.
"""

_UNLOCKED = {"Connect", "GetVersion", "CheckHealth"}
"""Touch no data. They answer also while a flush holds everything else up."""

_SHARED = {
    "DescribeAlias",
    "DescribeCollection",
    "DescribeDatabase",
    "DescribeIndex",
    "GetCollectionStatistics",
    "GetCompactionState",
    "GetFlushState",
    "GetLoadState",
    "GetLoadingProgress",
    "GetPartitionStatistics",
    "HasCollection",
    "HasPartition",
    "HybridSearch",
    "ListAliases",
    "ListDatabases",
    "Query",
    "Search",
    "ShowCollections",
    "ShowPartitions",
}
"""Only read, so they may run together. Whatever is in neither set runs alone."""


class ReadersWriterLock:
    """Many readers or one writer. A waiting writer holds new readers back, so that it is not starved."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self._writers_waiting = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._writing and not self._writers_waiting)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._writers_waiting += 1
            try:
                self._changed.wait_for(lambda: not self._writing and not self._readers)
            finally:
                self._writers_waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()


def _guarded_servicer(database: MilvusLite, lock: ReadersWriterLock) -> MilvusServicer:
    """Milvus-lite's servicer with every call under ``lock``."""
    servicer = MilvusServicer(database)
    for name in vars(MilvusServicer):
        if name[0].isupper() and name not in _UNLOCKED:
            guard = lock.shared if name in _SHARED else lock.alone
            setattr(servicer, name, _under(guard, getattr(servicer, name)))
    for name in ("Insert", "Upsert"):
        setattr(servicer, name, _under(lock.alone, _flushing(getattr(MilvusServicer, name), servicer, database)))
    servicer.AllocTimestamp = _timestamp
    return servicer


def _flushing(write: Callable[..., Any], servicer: MilvusServicer, database: MilvusLite) -> Callable[..., Any]:
    """``write``, and a flush of its collection after every :data:`FLUSH_ROWS` rows."""
    fresh: Counter[str] = Counter()

    @wraps(write)
    def write_and_flush(request: Any, context: Any) -> Any:
        answer = write(servicer, request, context)
        name = request.collection_name
        fresh[name] += request.num_rows
        if fresh[name] >= FLUSH_ROWS and database.has_collection(name):
            fresh[name] = 0
            database.get_collection(name).flush()
        return answer

    return write_and_flush


def _timestamp(request: Any, context: Any) -> Any:
    """
    Milvus' hybrid clock: milliseconds, then 18 bits of counter.

    Milvus-lite does not answer this call. Clients ask it before they wait for an index and do without an answer, but
    grpc would log a traceback each time.
    """
    del request, context
    milliseconds = time.time_ns() // 1_000_000
    return milvus_pb2.AllocTimestampResponse(status=common_pb2.Status(), timestamp=milliseconds << 18)


def _under(guard: Callable[[], Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    def answer_guarded(request: Any, context: Any) -> Any:
        with guard():
            return answer(request, context)

    return answer_guarded


def _open(folder: Path) -> MilvusLite:
    """
    The database in ``folder`` with every collection flushed and loaded.

    Flushed: after a kill -9 the engine returns some rows twice until it has. Loaded: searches fail otherwise.

    :raises SystemExit: if another process has the folder open.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        database = MilvusLite(str(folder))
    except DataDirLockedError as error:
        raise SystemExit(f"Another Milvus server uses {folder}. Stop it, or name another folder.") from error
    for name in database.list_collections():
        collection = database.get_collection(name)
        collection.flush()
        collection.load()
    return database


def serve(*, folder: Path, port: int, host: str = "127.0.0.1") -> None:
    """
    Serve the collections in ``folder`` until SIGTERM or SIGINT, then flush and return.

    There is no authentication: keep ``host`` on loopback.

    :raises SystemExit: if the port is taken or another process has the folder open.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    lock = ReadersWriterLock()
    lookup.install()
    database = _open(folder)
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="milvus"),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),  # or a second server on the port starts and takes half of the calls
            # pymilvus pings every 10 s, also without a call in flight.
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 1000),
            ("grpc.http2.max_ping_strikes", 0),
        ],
    )
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(_guarded_servicer(database, lock), server)
    try:
        server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        database.close()
        raise SystemExit(f"Port {port} on {host} is taken. Choose another with --port.") from error
    server.start()
    sys.stdout.write(f"Milvus answers on http://{host}:{port}, data in {folder}\n")
    sys.stdout.flush()
    # Where another thread got the signal, the main one runs its handler when it next wakes.
    while not stopping.wait(_WAKE_SECONDS):
        pass
    server.stop(grace=_GRACE_SECONDS).wait()
    with lock.alone():
        database.close()
