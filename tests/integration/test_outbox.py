"""Durable work: written with what causes it, done under a lease, never lost and never done for nothing."""

import datetime as dt
import time
from typing import Any

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from gallery import outbox, tasks
from gallery.ingest import sweeping
from gallery.models import OutboxEntry
from tests.workers import broker

__all__ = ["broker"]

pytestmark = pytest.mark.django_db


def send(*keys: int, topic: str = "ingest") -> None:
    with transaction.atomic():
        for key in keys:
            outbox.send(topic, key=key)


def claim(limit: int = 10, seconds: int = 60) -> outbox.Claim:
    claimed = outbox.claim("ingest", limit=limit, seconds=seconds)
    assert claimed is not None
    return claimed


def expire(entry: OutboxEntry) -> None:
    """As if the worker had died long ago."""
    OutboxEntry.objects.filter(pk=entry.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def test_work_is_claimed_oldest_first_and_up_to_the_limit() -> None:
    send(3, 1, 2)
    assert claim(limit=2).keys == [3, 1]
    assert claim(limit=2).keys == [2]
    assert outbox.claim("ingest", limit=2, seconds=60) is None


def test_work_rolled_back_is_not_there() -> None:
    with transaction.atomic():
        outbox.send("ingest", key=1)
        transaction.set_rollback(True)
    assert not OutboxEntry.objects.exists()


def test_finished_work_is_gone() -> None:
    send(1, 2)
    mine = claim()
    with transaction.atomic():
        outbox.finish(mine, mine.entries[:1])
    assert list(OutboxEntry.objects.values_list("key", flat=True)) == ["2"]


def test_work_sent_twice_waits_once() -> None:
    send(1)
    send(1)
    assert OutboxEntry.objects.count() == 1


def test_work_sent_again_while_it_is_done_is_done_once_more() -> None:
    send(1)
    mine = claim()
    send(1)
    with transaction.atomic():
        outbox.finish(mine)
    assert claim().keys == [1]


def test_many_are_sent_at_once_each_as_if_alone() -> None:
    send(1, 2)
    mine = claim(limit=1)
    with transaction.atomic():
        outbox.send_many("ingest", keys=[3, 1, 2, 3])
        outbox.send_many("ingest", keys=[])
    assert sorted(OutboxEntry.objects.values_list("key", flat=True)) == ["1", "2", "3"]
    with transaction.atomic():
        outbox.finish(mine)  # 1 was sent again while it was worked on
    assert sorted(claim().keys) == [1, 2, 3]


def test_many_ring_once(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> None:
    rung: list[str] = []
    monkeypatch.setattr(outbox, "announce", rung.append)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        outbox.send_many("search", keys=range(20))
    assert rung == ["search"]


def test_a_lease_is_written_anew_only_when_some_of_it_is_over() -> None:
    send(1, 2)
    mine = claim(seconds=60)
    for entry in mine.entries:
        expire(entry)
    outbox.keep(mine, mine.entries)
    assert outbox.claim("ingest", limit=2, seconds=60) is not None
    mine.renewed_at -= 60 * outbox.RENEW_AFTER
    with pytest.raises(outbox.LeaseLostError):
        outbox.keep(mine, mine.entries)


def test_a_lease_that_is_renewed_goes_on_for_as_long_again() -> None:
    send(1, 2)
    mine = claim(seconds=60)
    expire(mine.entries[0])
    outbox.renew(mine)
    assert outbox.claim("ingest", limit=2, seconds=60) is None
    assert OutboxEntry.objects.filter(lease_until__gt=timezone.now() + dt.timedelta(seconds=50)).count() == 2


def test_who_lost_the_lease_of_some_of_it_is_told_when_renewing() -> None:
    send(1, 2)
    late = claim()
    expire(late.entries[1])
    claim(limit=1)
    outbox.renew(late, late.entries[:1])
    with pytest.raises(outbox.LeaseLostError):
        outbox.renew(late)


def test_who_lost_the_lease_cannot_finish_and_rolls_back() -> None:
    send(1)
    late = claim()
    expire(late.entries[0])
    owner = claim()
    with pytest.raises(outbox.LeaseLostError), transaction.atomic():
        outbox.finish(late)
    with transaction.atomic():
        outbox.finish(owner)
    assert not OutboxEntry.objects.exists()


def test_what_failed_before_is_taken_alone() -> None:
    send(1, 2, 3)
    for entry in claim().entries:
        expire(entry)
    send(4)
    assert claim().keys == [4]
    assert claim().keys == [1]
    assert claim().keys == [2]


def test_the_third_failure_is_set_aside_and_can_be_retried() -> None:
    send(1)
    for _attempt in range(3):
        expire(claim().entries[0])
    assert outbox.claim("ingest", limit=1, seconds=60) is None
    failed = outbox.exhausted()
    outbox.set_aside(failed)
    assert outbox.exhausted() == []
    assert outbox.retry(OutboxEntry.objects.all()) == 1
    assert claim().keys == [1]


def test_a_neighbour_that_is_down_is_no_failure_of_the_work() -> None:
    send(1)
    for _attempt in range(5):
        outbox.postpone(claim(), "Milvus does not answer.", seconds=0, counted=False)
    assert outbox.exhausted() == []
    assert claim().keys == [1]


def test_postponed_work_is_not_due_before_its_time() -> None:
    send(1)
    outbox.postpone(claim(), "later", seconds=60, counted=False)
    assert outbox.claim("ingest", limit=1, seconds=60) is None
    assert not outbox.overdue(seconds=0)


def test_overdue_work_is_counted_by_topic() -> None:
    send(1, 2)
    send(1, topic="verify")
    OutboxEntry.objects.update(next_at=timezone.now() - dt.timedelta(seconds=5))
    claim(limit=1)
    assert outbox.overdue(seconds=1) == {"ingest": 1, "verify": 1}


def test_a_dead_broker_costs_little_and_loses_nothing() -> None:
    started = time.monotonic()
    assert outbox.announce("ingest") is False
    first = time.monotonic() - started
    assert first < 2.5
    started = time.monotonic()
    for _ in range(100):
        outbox.announce("ingest")
    assert time.monotonic() - started < 0.5


def test_a_full_redis_takes_no_doorbell_and_costs_nothing_else(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with redis.Redis.from_url(broker) as client:
        client.config_set("maxmemory", 1)
        try:
            assert not outbox.announce("ingest")
        finally:
            client.config_set("maxmemory", 0)
        monkeypatch.setattr(outbox, "_closed_until", 0.0)
        assert outbox.announce("ingest")
        assert client.llen("work") == 1


def test_work_of_a_version_to_come_waits_for_it(db: None) -> None:
    outbox.send("of_tomorrow", key="7")
    OutboxEntry.objects.update(next_at=timezone.now() - dt.timedelta(hours=1))
    tasks.run_everything()
    sweeping.sweep()
    entry = OutboxEntry.objects.get()
    assert (entry.topic, entry.attempts, entry.quarantined_at) == ("of_tomorrow", 0, None)
