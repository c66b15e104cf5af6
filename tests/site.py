"""The workers of a site, beside the test: real processes on the test's own database, broker, index and files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from gallery.conf import conf
from gallery.models import Image
from tests import servers

PATIENCE_SECONDS = 120
"""For work to be done on a machine that is busy with other tests."""


def database_url() -> str:
    """The database of this test as other processes name it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, host, port, name = (values[key] for key in ("USER", "HOST", "PORT", "NAME"))
    return f"postgres://{quote(str(user))}@{host}:{port}/{name}"


def environment_of(folder: Path) -> dict[str, str]:
    """What a process needs to be part of this test's site."""
    return {
        "DATABASE_URL": database_url(),
        "REDIS_URL": conf().redis_url,
        "INDEX": conf().index,
        "MILVUS_URI": conf().milvus_uri,
        "MILVUS_PREFIX": conf().milvus_prefix,
        "MILVUS_TIMEOUT": str(conf().milvus_timeout),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "VAR_DIR": str(folder / "var"),
        "WORK_LEASE_SECONDS": str(conf().work_lease_seconds),
        "INGEST_BATCH": str(conf().ingest_batch),
        "DECODE_MEMORY_MB": str(conf().decode_memory_mb),
        "DECODER_JAIL": str(conf().decoder_jail),
        "SWEEP_SECONDS": "0.5",
    }


def celery_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "dedup_site", *words]


@contextmanager
def worker(
    folder: Path,
    *,
    queues: str = "work,verify,sweep",
    concurrency: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker, ready to take work: of this test's site, or of another. Its log is ``worker.log``."""
    log = folder / "worker.log"
    before = log.read_text(errors="replace").count(" ready") if log.exists() else 0
    words = [
        "worker",
        "-Q",
        queues,
        "-c",
        str(concurrency),
        "--without-gossip",
        "--without-mingle",
        "-n",
        f"{time.time_ns()}@test",
    ]
    with servers.running(
        celery_command(*words),
        log=log,
        ready=lambda: log.read_text(errors="replace").count(" ready") > before,
        environment=environment or environment_of(folder),
    ) as process:
        yield process


@contextmanager
def beat(folder: Path, *, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The scheduler, which makes the sweeper run."""
    log = folder / "beat.log"
    with servers.running(
        celery_command("beat", "-s", str(folder / "schedule")),
        log=log,
        ready=lambda: "Starting" in log.read_text(errors="replace") or "beat" in log.read_text(errors="replace"),
        environment=environment or environment_of(folder),
    ) as process:
        yield process


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 of a worker and of the children it forked."""
    for child in children(process.pid):
        os.kill(child, signal.SIGKILL)
    process.kill()
    process.wait()


def children(parent: int) -> Sequence[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in found]


def wait_for(what: str, holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """
    Wait until something holds.

    :raises TimeoutError: naming ``what`` did not come true.
    """
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            stages = sorted(Image.objects.values_list("pk", "stage"))
            raise TimeoutError(f"not within {seconds:.0f} s: {what}; images: {stages}")
        time.sleep(0.1)


def all_compared(count: int) -> Callable[[], bool]:
    """Whether ``count`` images have been compared."""
    return lambda: Image.objects.filter(stage=Image.Stage.COMPARED).count() == count
