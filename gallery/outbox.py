"""
Durable work: the one mechanism for everything that must happen.

:func:`send` writes a row in the transaction that causes the work. After commit a doorbell is rung through Celery and
Redis; losing it costs seconds, never work, because the sweeper rings again. A worker claims rows under a lease with
:func:`claim`, works with no transaction open, and deletes them with :func:`finish` in the transaction that writes the
result. Topic ``x`` is worked on by the Celery task ``gallery.x``.
"""

import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from gallery.models import OutboxEntry

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""A third failure sets the work aside for an admin."""

RENEW_AFTER = 0.1
"""The part of a lease that passes before it is written anew."""

BREAK_SECONDS = 5.0
"""After a failed doorbell no other is tried for this long: a request must not wait for a dead Redis twice."""

_closed_until = 0.0


class LeaseLostError(Exception):
    """Somebody else owns the work now. Roll back, say nothing: the result will be theirs."""


@dataclass(slots=True)
class Claim:
    """Work taken under one lease."""

    topic: str
    token: uuid.UUID
    seconds: int
    """How long the lease lasts, from when it was taken or last renewed."""
    entries: tuple[OutboxEntry, ...]
    renewed_at: float = field(default_factory=time.monotonic)
    """When the lease began, by this process' clock. Only the database's decides who holds it."""

    @property
    def keys(self) -> list[int]:
        """The primary keys that the entries are about."""
        return [int(entry.key) for entry in self.entries]


def send(topic: str, *, key: object, delay: float = 0, **payload: Any) -> None:
    """
    Ask for work, inside the transaction that causes it. ``delay`` is in seconds.

    Work that waits already is not doubled. If it is being worked on at this moment it is done once more afterwards.
    """
    defaults = {"payload": payload, "next_at": _in(delay)}
    while True:
        entry, created = OutboxEntry.objects.get_or_create(topic=topic, key=str(key), defaults=defaults)
        if created or OutboxEntry.objects.filter(pk=entry.pk).update(sent=F("sent") + 1, payload=payload):
            break
        # Finished by a worker between our two statements: it did not see this request, so it is work anew.
    if not delay:
        ring_after_commit(topic)


def send_many(topic: str, *, keys: Iterable[object]) -> None:
    """:func:`send` for each of ``keys`` at once and without payload, in three statements and with one doorbell."""
    names = sorted({str(key) for key in keys})
    if not names:
        return
    entries = OutboxEntry.objects.filter(topic=topic, key__in=names)
    while True:
        # In the order of names, and locked in that of their ids: two who send the same work do not wait crosswise.
        OutboxEntry.objects.bulk_create(
            [OutboxEntry(topic=topic, key=name, next_at=Now()) for name in names], ignore_conflicts=True
        )
        locked = list(entries.select_for_update().order_by("pk").values_list("pk", flat=True))
        # Also of those that are new and nobody has seen: which they are is not told.
        if len(locked) == len(names):
            OutboxEntry.objects.filter(pk__in=locked).update(sent=F("sent") + 1, payload={})
            break
        # Some were finished by a worker between our two statements: they are work anew.
    ring_after_commit(topic)


def _in(seconds: float) -> Combinable:
    """
    That long from now, by the database's clock.

    SQLite compares times as text, in milliseconds as it gives them and in microseconds once something was added to
    them: what is to be done at once would not be due within its own millisecond.
    """
    return Now() + dt.timedelta(seconds=seconds) if seconds else Now()


def ring_after_commit(topic: str) -> None:
    """Ring the doorbell once the transaction is through. A doorbell that fails is logged; the sweeper rings again."""

    def ring() -> None:
        announce(topic)

    transaction.on_commit(ring, robust=True)


def announce(topic: str) -> bool:
    """Tell the workers that there is work. Returns whether the broker took it; never raises for a dead broker."""
    global _closed_until
    if time.monotonic() < _closed_until:
        return False
    try:
        current_app.send_task(f"gallery.{topic}", retry=False)
    except (BrokerError, RedisError, OSError) as error:
        _closed_until = time.monotonic() + BREAK_SECONDS
        log.warning("doorbell_failed", topic=topic, reason=str(error))
        return False
    return True


def _due(topic: str | None = None) -> QuerySet[OutboxEntry]:
    due = OutboxEntry.objects.filter(quarantined_at=None, next_at__lte=Now())
    due = due.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
    return due.filter(topic=topic) if topic else due


def claim(topic: str, *, limit: int, seconds: int) -> Claim | None:
    """
    Take up to ``limit`` entries that are due, oldest first, for ``seconds``. None if nothing is due.

    What failed before is taken alone, so that one bad item never takes its neighbours with it a second time.
    """
    token = uuid.uuid4()
    with transaction.atomic():
        due = _due(topic).filter(attempts__lt=ATTEMPTS).order_by("attempts", "id")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        found = list(due[:limit])
        fresh = [entry for entry in found if entry.attempts == 0]
        taken = fresh or found[:1]
        if not taken:
            return None
        OutboxEntry.objects.filter(pk__in=[entry.pk for entry in taken]).update(
            lease_token=token, lease_until=Now() + dt.timedelta(seconds=seconds), attempts=F("attempts") + 1
        )
    return Claim(topic, token, seconds, tuple(taken))


def _held(claim: Claim, entries: Sequence[OutboxEntry] | None) -> QuerySet[OutboxEntry]:
    wanted = claim.entries if entries is None else entries
    return OutboxEntry.objects.filter(pk__in=[entry.pk for entry in wanted], lease_token=claim.token)


def renew(claim: Claim, entries: Sequence[OutboxEntry] | None = None) -> None:
    """
    Let the lease of the claim, or of some ``entries`` of it, begin anew. To be called between two pieces of work:
    a batch on a slow machine is not a failure, and must not be counted as one.

    :raises LeaseLostError: if some of it is somebody else's by now.
    """
    began = time.monotonic()
    wanted = list(claim.entries if entries is None else entries)
    held = _held(claim, wanted).update(lease_until=Now() + dt.timedelta(seconds=claim.seconds))
    if held != len(wanted):
        raise _lost(claim, held, wanted)
    claim.renewed_at = began


def keep(claim: Claim, entries: Sequence[OutboxEntry]) -> None:
    """
    :func:`renew` what is left of the claim, if a tenth of the lease is over: pieces of work that take milliseconds
    need no statement each.

    :param entries: all that is not finished, so that none is forgotten the next time.
    :raises LeaseLostError: as :func:`renew` does.
    """
    if time.monotonic() - claim.renewed_at >= claim.seconds * RENEW_AFTER:
        renew(claim, entries)


def _lost(claim: Claim, held: int, wanted: Sequence[OutboxEntry]) -> LeaseLostError:
    return LeaseLostError(f"{claim.topic}: {len(wanted) - held} of {len(wanted)} entries are no longer ours")


def finish(claim: Claim, entries: Sequence[OutboxEntry] | None = None) -> None:
    """
    Delete finished work, all of the claim or some ``entries`` of it, inside the transaction that writes its result.

    Work that was sent again meanwhile is kept and due at once.

    :raises LeaseLostError: if the lease ran out and somebody else took the work: the transaction must roll back.
    """
    wanted = list(claim.entries if entries is None else entries)
    held = {entry.pk: entry.sent for entry in _held(claim, wanted).select_for_update()}
    if len(held) != len(wanted):
        raise _lost(claim, len(held), wanted)
    again = [entry.pk for entry in wanted if held[entry.pk] != entry.sent]
    OutboxEntry.objects.filter(pk__in=set(held) - set(again)).delete()
    if again:
        OutboxEntry.objects.filter(pk__in=again).update(lease_token=None, lease_until=None, attempts=0, next_at=Now())
        ring_after_commit(claim.topic)


def postpone(
    claim: Claim,
    problem: str,
    *,
    seconds: float,
    counted: bool,
    entries: Sequence[OutboxEntry] | None = None,
) -> None:
    """
    Give work back, due again after ``seconds``.

    ``counted`` says whether this was the work's own failure: a neighbour that is down is not, and may last for days.
    """
    values: dict[str, Any] = {} if counted else {"attempts": F("attempts") - 1}
    _held(claim, entries).update(
        lease_token=None,
        lease_until=None,
        next_at=_in(seconds),
        last_problem=problem[:400],
        **values,
    )


def exhausted() -> list[OutboxEntry]:
    """Work that failed for the third time and whose lease is over, to be set aside."""
    return list(_due().filter(attempts__gte=ATTEMPTS).order_by("id")[:200])


def set_aside(entries: Sequence[OutboxEntry]) -> None:
    """Keep failed work, out of the way, until an admin retries or discards it."""
    OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
        quarantined_at=Now(), lease_token=None, lease_until=None
    )


def retry(entries: QuerySet[OutboxEntry]) -> int:
    """Try again what was set aside. Returns how many."""
    topics = set(entries.values_list("topic", flat=True))
    count = entries.update(quarantined_at=None, attempts=0, next_at=Now(), lease_token=None, lease_until=None)
    for topic in topics:
        ring_after_commit(topic)
    return count


def overdue(*, seconds: float) -> Counter[str]:
    """How many entries of each topic have been due for longer than ``seconds`` with nobody at work on them."""
    waiting = _due().filter(attempts__lt=ATTEMPTS, next_at__lte=Now() - dt.timedelta(seconds=seconds))
    return Counter(waiting.values_list("topic", flat=True))
