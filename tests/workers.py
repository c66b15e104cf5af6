"""The broker that a test's uploads ring at."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from kombu import pools
from pytest_django import Settings

from dedup_site.celery import app
from gallery import outbox
from tests.conftest import change_dedup


@pytest.fixture
def broker(redis_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Redis as this test's broker, emptied."""
    use_broker(redis_server, settings, monkeypatch)
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    yield redis_server
    forget_connections()


def use_broker(url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    change_dedup(settings, redis_url=url)
    monkeypatch.setattr(outbox, "_closed_until", 0.0)
    forget_connections()
    monkeypatch.setitem(app.conf, "broker_url", url)


def forget_connections() -> None:
    """Celery keeps pools of connections to the broker it knew first, and kombu hands closed ones out again."""
    celery: Any = app  # its stubs name neither pool
    pools.reset()
    celery._pool = None
    celery.amqp._producer_pool = None
