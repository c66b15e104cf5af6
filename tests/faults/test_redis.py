"""Redis hangs, is full, dies and comes back: uploads go on, and what they asked for is done late, not never."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from tests import servers, site
from tests.conftest import change_dedup
from tests.faults.conftest import hung
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once
from tests.workers import forget_connections, use_broker

PATIENCE_SECONDS = 2.5
"""An upload may take so long while Redis does not answer."""


def slowest_upload(load: Load, *, seed: int, pairs: int) -> float:
    """Uploads pairs; seconds that the slowest of them took, the painting of it included."""
    slowest = 0.0
    for number in range(pairs):
        since = time.monotonic()
        load.add(seed + number)
        slowest = max(slowest, (time.monotonic() - since) / 2)
    return slowest


def process_id(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def test_uploads_go_on_while_redis_hangs(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, work_lease_seconds=10)
    with site.worker(tmp_path), site.beat(tmp_path):
        load.add(100)
        with hung(process_id(broker)):
            slowest = slowest_upload(load, seed=101, pairs=8)
        over = time.monotonic()
        load.wait()
        seconds = time.monotonic() - over
    injected = f"once, during 16 uploads; the slowest took {slowest:.1f} s"
    note(Entry(3, "Redis hangs", injected, load.lost(), seconds))
    assert load.lost() == 0
    assert slowest < PATIENCE_SECONDS
    effects_happened_once(load.images)


@contextmanager
def full(url: str) -> Iterator[None]:
    """Redis takes nothing more, as when its memory is used up, until the block ends."""
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


def test_uploads_go_on_while_redis_is_full(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, work_lease_seconds=10)
    with ExitStack() as stack:
        worker = stack.enter_context(site.worker(tmp_path))
        stack.enter_context(site.beat(tmp_path))
        load.add(150)
        with full(broker):
            slowest = slowest_upload(load, seed=151, pairs=8)
            with redis.Redis.from_url(broker) as client, pytest.raises(redis.exceptions.OutOfMemoryError):
                client.set("room", "none")
            time.sleep(5)
        over = time.monotonic()
        if worker.poll() is not None:  # Celery gives up on a full Redis; whatever supervises it starts it again
            stack.enter_context(site.worker(tmp_path))
        load.wait()
        seconds = time.monotonic() - over
    injected = f"once, during 16 uploads; the slowest took {slowest:.1f} s"
    note(Entry(3, "Redis is full", injected, load.lost(), seconds))
    assert load.lost() == 0
    assert slowest < PATIENCE_SECONDS
    effects_happened_once(load.images)


def test_a_redis_that_dies_and_forgets_everything_costs_time_only(
    milvus: str,
    media: Path,
    load: Load,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_dedup(settings, work_lease_seconds=10)
    port = servers.free_port()
    url = f"redis://{servers.HOST}:{port}/0"
    use_broker(url, settings, monkeypatch)
    with servers.redis(tmp_path / "first", port=port) as first, site.worker(tmp_path), site.beat(tmp_path):
        load.add(200)
        os.kill(process_id(first), signal.SIGKILL)
        slowest = slowest_upload(load, seed=201, pairs=8)
        with servers.redis(tmp_path / "second", port=port):
            over = time.monotonic()
            load.wait()
            seconds = time.monotonic() - over
            forget_connections()
    note(Entry(2, "Redis killed, and back empty", "once, during 16 uploads", load.lost(), seconds))
    assert load.lost() == 0
    assert slowest < PATIENCE_SECONDS
    effects_happened_once(load.images)
