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
from gallery.evaluation import trial
from gallery.ingest import enlarging, pipeline, sweeping
from gallery.outbox import Claim, LeaseLostError
from gallery.review import bulk as bulk_jobs
from gallery.review import purging

log = structlog.get_logger(__name__)

NEIGHBOUR_SECONDS = 5
"""Until a neighbour that was down is tried again."""

MODEL_SECONDS = 30

NIGHTLY_SAMPLE = 20
"""Images of the site that the nightly self-test copies: about a minute of one core."""

LONGEST_SECONDS = 15
"""
A task that has been at it for so long ends and rings for another: where one worker serves all queues, a long row of
comparisons must hold up neither new uploads nor the sweeper, and workers can be replaced between the two.
"""


def _never() -> bool:
    return False


def work_off(topic: str, work: Callable[[Claim], None], *, batch: int, stopping: Callable[[], bool] = _never) -> int:
    """
    Claim and work until nothing is due, or ``stopping`` says so between two claims. Returns how many entries were
    claimed.

    A neighbour that is down postpones the work without counting it as a failure; anything else that goes wrong is
    raised, the lease runs out, and the sweeper counts the attempt.
    """
    started, done = time.monotonic(), 0
    while time.monotonic() - started < LONGEST_SECONDS:
        if stopping():
            return done
        claim = outbox.claim(topic, limit=batch, seconds=conf().work_lease_seconds)
        if claim is None:
            return done
        if not done and len(claim.entries) == batch:
            outbox.announce(topic)  # one bell stands for any number of entries: there may be work for a neighbour, too
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


WORKS: dict[str, tuple[Callable[[Claim], None], Callable[[], int]]] = {
    "ingest": (pipeline.run, lambda: conf().ingest_batch),
    "search": (comparison.search, lambda: conf().search_batch),
    "verify": (comparison.verify, lambda: 4),
    "align": (comparison.align, lambda: 4),
    "project": (comparison.reproject, lambda: 1),
    "bulk": (bulk_jobs.work, lambda: 1),
    "tile": (enlarging.work, lambda: 1),
    "reconcile": (upkeep.work, lambda: 1),
}
"""The topics of the outbox: who does the work, and how many entries are claimed at once."""


def work_on(topic: str, *, stopping: Callable[[], bool] = _never) -> int:
    """:func:`work_off` with what :data:`WORKS` says of ``topic``."""
    work, batch = WORKS[topic]
    return work_off(topic, work, batch=batch(), stopping=stopping)


@shared_task(name="gallery.ingest")
def ingest() -> None:
    work_on("ingest")


@shared_task(name="gallery.search")
def search() -> None:
    work_on("search")


@shared_task(name="gallery.verify")
def verify() -> None:
    work_on("verify")


@shared_task(name="gallery.align")
def align() -> None:
    work_on("align")


@shared_task(name="gallery.project")
def project() -> None:
    work_on("project")


@shared_task(name="gallery.bulk")
def bulk() -> None:
    work_on("bulk")


@shared_task(name="gallery.tile")
def tile() -> None:
    work_on("tile")


@shared_task(name="gallery.sweep")
def sweep() -> None:
    """Ring again for what is overdue, and set aside what failed three times."""
    sweeping.sweep()


@shared_task(name="gallery.reconcile")
def reconcile() -> None:
    work_on("reconcile")


@shared_task(name="gallery.check_index")
def check_index() -> None:
    """Have the index compared with SQL and mended."""
    upkeep.check_regularly()


@shared_task(name="gallery.purge")
def purge() -> None:
    """Delete the files of absorbed and removed images whose time to be taken back is over."""
    purging.purge_due()
    enlarging.forget_tiles()


@shared_task(name="gallery.selftest")
def selftest() -> None:
    """Try the site on copies of its own images, and keep the figures."""
    try:
        trial.run(sample=NIGHTLY_SAMPLE)
    except (Unavailable, ModelMissing) as error:
        log.warning("selftest_left_out", reason=str(error))


def run_everything(*, stopping: Callable[[], bool] = _never) -> int:
    """
    Work off all topics in this process until nothing is due, or ``stopping`` says so between two claims.

    What ``manage.py sweep --loop`` does while there is no broker. Returns how many entries were due before.
    """
    with transaction.atomic():
        waiting = sum(outbox.overdue(seconds=0).values())
    for topic in WORKS:
        work_on(topic, stopping=stopping)
    return waiting
