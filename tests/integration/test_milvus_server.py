"""The embedded Milvus server: what it has acknowledged survives, whatever happens to it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from pytest_django import Settings

from gallery.errors import Unavailable
from gallery.index import VectorIndex
from gallery.index.milvus import MilvusIndex
from gallery.index.server import ReadersWriterLock
from gallery.vectors import Vectors, unit
from tests import servers
from tests.conftest import change_dedup

DIMENSIONS = 64
WRITERS = 4
NAME = "kept"


def paint(n: int, *, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32))


@pytest.fixture
def port() -> int:
    return servers.free_port()


@pytest.fixture
def store(port: int, settings: Settings) -> MilvusIndex:
    """A client of a server that the test itself starts and stops."""
    change_dedup(settings, milvus_uri=f"http://{servers.HOST}:{port}", milvus_timeout=5.0)
    return MilvusIndex()


def write_until(stopped: threading.Event, store: VectorIndex, writer: int, acknowledged: list[int]) -> None:
    """Upsert small batches, noting each id once the server has acknowledged it, until the server is gone."""
    batch = 0
    while not stopped.is_set():
        ids = [1_000_000 * (writer + 1) + 8 * batch + place for place in range(8)]
        try:
            store.upsert(NAME, ids, paint(8, seed=ids[0]))
        except Unavailable:
            return
        acknowledged.extend(ids)
        batch += 1


def kill_under_writes(server: servers.Milvus, store: VectorIndex, acknowledged: list[int], *, number: int) -> None:
    """``kill -9`` after half a second of :data:`WRITERS` concurrent writers."""
    stopped = threading.Event()
    lists: list[list[int]] = [[] for _ in range(WRITERS)]
    writers = [
        threading.Thread(target=write_until, args=(stopped, store, 10 * number + writer, lists[writer]))
        for writer in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    sleep(0.7)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    stopped.set()
    for writer in writers:
        writer.join(timeout=30)
    acknowledged.extend(row for rows in lists for row in rows)


@pytest.mark.slow
def test_a_kill_in_mid_write_loses_no_acknowledged_row(tmp_path: Path, port: int, store: MilvusIndex) -> None:
    acknowledged: list[int] = []
    for number in range(3):
        with servers.milvus(tmp_path / "data", port=port) as server:
            store.ensure(NAME, DIMENSIONS)
            kill_under_writes(server, store, acknowledged, number=number)
    assert len(acknowledged) > 100
    with servers.milvus(tmp_path / "data", port=port):
        kept = list(store.ids(NAME))
        assert set(acknowledged) <= set(kept)
        assert len(kept) == len(set(kept)) == store.count(NAME)
        for first in acknowledged[::200]:
            (row,) = store.search(NAME, Vectors(paint(8, seed=first - first % 8)[first % 8 :][:1]), k=1, floor=0.99)
            assert [hit.id for hit in row] == [first]


def test_a_restart_keeps_the_rows_and_the_client_finds_its_way_back(
    tmp_path: Path, port: int, store: MilvusIndex
) -> None:
    vectors = paint(500, seed=1)
    with servers.milvus(tmp_path / "data", port=port) as server:
        store.ensure(NAME, DIMENSIONS)
        store.upsert(NAME, range(500), vectors)
        server.process.terminate()
        assert server.process.wait(timeout=20) == 0
    with pytest.raises(Unavailable):
        store.search(NAME, vectors, k=1, floor=0.9)
    with servers.milvus(tmp_path / "data", port=port):
        rows = store.search(NAME, vectors, k=1, floor=0.9)
        assert [row[0].id for row in rows] == list(range(500))


def test_concurrent_writers_and_readers_see_their_own_writes(milvus: str) -> None:
    store = MilvusIndex()
    store.ensure(NAME, DIMENSIONS)
    missed: list[int] = []

    def write_and_read(writer: int) -> None:
        for number in range(25):
            row_id = 1000 * writer + number
            vector = paint(1, seed=row_id)
            store.upsert(NAME, [row_id], vector)
            (row,) = store.search(NAME, vector, k=1, floor=0.99)
            if [hit.id for hit in row] != [row_id]:
                missed.append(row_id)

    threads = [threading.Thread(target=write_and_read, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert missed == []
    assert store.count(NAME) == 150
    store.drop(NAME)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.ensure(NAME, DIMENSIONS),
        lambda store: store.upsert(NAME, [1], paint(1, seed=1)),
        lambda store: store.search(NAME, paint(1, seed=1), k=1, floor=0.0),
        lambda store: store.delete(NAME, [1]),
        lambda store: store.count(NAME),
        lambda store: list(store.ids(NAME)),
        lambda store: store.drop(NAME),
        lambda store: store.ping(),
    ],
    ids=["ensure", "upsert", "search", "delete", "count", "ids", "drop", "ping"],
)
def test_a_server_that_is_down_is_unavailable_in_time(
    store: MilvusIndex, settings: Settings, call: Callable[[VectorIndex], object]
) -> None:
    change_dedup(settings, milvus_timeout=1.0)
    since = monotonic()
    with pytest.raises(Unavailable) as refusal:
        call(store)
    assert refusal.value.neighbour == "milvus"
    assert monotonic() - since < 4


def test_a_server_that_hangs_is_unavailable_in_time(
    tmp_path: Path, port: int, store: MilvusIndex, settings: Settings
) -> None:
    change_dedup(settings, milvus_timeout=1.5)
    with servers.milvus(tmp_path / "data", port=port) as server:
        store.ensure(NAME, DIMENSIONS)
        server.process.send_signal(signal.SIGSTOP)
        os.waitpid(server.process.pid, os.WUNTRACED)  # a thread of it might answer yet
        try:
            for call in (lambda: store.search(NAME, paint(1, seed=1), k=1, floor=0.0), store.ping):
                since = monotonic()
                with pytest.raises(Unavailable):
                    call()
                assert monotonic() - since < 4
        finally:
            server.process.send_signal(signal.SIGCONT)
        server.process.terminate()  # at once, while its threads wake in any order
        assert server.process.wait(timeout=10) == 0


def test_a_server_that_is_slow_to_greet_is_waited_for(tmp_path: Path, port: int, store: MilvusIndex) -> None:
    with servers.milvus(tmp_path / "data", port=port) as server:
        server.process.send_signal(signal.SIGSTOP)
        os.waitpid(server.process.pid, os.WUNTRACED)
        waker = threading.Timer(1.5, server.process.send_signal, [signal.SIGCONT])
        waker.start()
        try:
            store.ensure(NAME, DIMENSIONS)
        finally:
            waker.join()
        assert store.count(NAME) == 0


def test_a_second_server_on_the_same_folder_or_port_says_so(tmp_path: Path, port: int) -> None:
    with servers.milvus(tmp_path / "data", port=port):
        for folder, other_port, sentence in (
            (tmp_path / "data", servers.free_port(), "Another Milvus server uses"),
            (tmp_path / "other", port, f"Port {port}"),
        ):
            program = "import sys; from pathlib import Path; from gallery.index.server import serve; "
            program += "serve(folder=Path(sys.argv[1]), port=int(sys.argv[2]))"
            second = subprocess.run(
                [sys.executable, "-c", program, str(folder), str(other_port)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert second.returncode == 1
            assert sentence in second.stderr


def test_importing_the_index_loads_no_milvus() -> None:
    program = "import sys, gallery.index; sys.exit(bool({'pymilvus', 'milvus_lite', 'grpc'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_writer_waits_for_readers_and_keeps_new_ones_out() -> None:
    lock, order = ReadersWriterLock(), []
    reading, release = threading.Event(), threading.Event()

    def read_long() -> None:
        with lock.shared():
            reading.set()
            release.wait(5)
            order.append("first reader")

    def write() -> None:
        with lock.alone():
            order.append("writer")

    def read() -> None:
        with lock.shared():
            order.append("second reader")

    threads = [threading.Thread(target=read_long)]
    threads[0].start()
    reading.wait(5)
    for work in (write, read):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        sleep(0.1)
    assert order == []
    release.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first reader", "writer", "second reader"]
