"""
Celery's way in: claim, call, retry policy. No logic.

Every task means "there may be work of this topic": it takes no arguments, may be lost, doubled or late, and works off
what is due. What must happen is in the outbox.
"""

import time
from collections.abc import Callable

import structlog
from celery import shared_task
from django.db import transaction

from gallery import outbox
from gallery.conf import conf
from gallery.detection import comparison, upkeep
from gallery.errors import ModelMissing, Unavailable
from gallery.ingest import pipeline, sweeping
from gallery.outbox import Claim, LeaseLostError

log = structlog.get_logger(__name__)

NEIGHBOUR_SECONDS = 5
"""Until a neighbour that was down is tried again."""

MODEL_SECONDS = 30

LONGEST_SECONDS = 120
"""A task that has been at it for so long ends and rings for another: workers can be replaced between the two."""


def work_off(topic: str, work: Callable[[Claim], None], *, batch: int) -> int:
    """
    Claim and work until nothing is due. Returns how many entries were claimed.

    A neighbour that is down postpones the work without counting it as a failure; anything else that goes wrong is
    raised, the lease runs out, and the sweeper counts the attempt.
    """
    started, done = time.monotonic(), 0
    while time.monotonic() - started < LONGEST_SECONDS:
        claim = outbox.claim(topic, limit=batch, seconds=conf().work_lease_seconds)
        if claim is None:
            return done
        done += len(claim.entries)
        try:
            work(claim)
        except LeaseLostError as lost:
            log.info("lease_lost", topic=topic, reason=str(lost))
        except Unavailable as error:
            log.warning("neighbour_down", topic=topic, neighbour=error.neighbour)
            outbox.postpone(claim, str(error), seconds=NEIGHBOUR_SECONDS, counted=False)
            return done
        except ModelMissing as error:
            log.error("model_missing", topic=topic, reason=str(error))  # noqa: TRY400 - no traceback: it says what to run
            outbox.postpone(claim, str(error), seconds=MODEL_SECONDS, counted=False)
            return done
    outbox.announce(topic)
    return done


@shared_task(name="gallery.ingest")
def ingest() -> None:
    work_off("ingest", pipeline.run, batch=conf().ingest_batch)


@shared_task(name="gallery.search")
def search() -> None:
    work_off("search", comparison.search, batch=conf().search_batch)


@shared_task(name="gallery.verify")
def verify() -> None:
    work_off("verify", comparison.verify, batch=4)


@shared_task(name="gallery.align")
def align() -> None:
    work_off("align", comparison.align, batch=4)


@shared_task(name="gallery.project")
def project() -> None:
    work_off("project", comparison.reproject, batch=1)


@shared_task(name="gallery.sweep")
def sweep() -> None:
    """Ring again for what is overdue, and set aside what failed three times."""
    sweeping.sweep()


@shared_task(name="gallery.reconcile")
def reconcile() -> None:
    """Compare the index with SQL and repair it."""
    upkeep.reconcile()


TOPICS: dict[str, Callable[[], None]] = {
    "ingest": ingest,
    "search": search,
    "verify": verify,
    "align": align,
    "project": project,
}
"""What ``manage.py sweep --loop`` works off itself while there is no broker."""


def run_everything() -> int:
    """Work off all topics in this process until nothing is due; returns how many entries were due before."""
    with transaction.atomic():
        waiting = sum(outbox.overdue(seconds=0).values())
    for task in TOPICS.values():
        task()
    return waiting
