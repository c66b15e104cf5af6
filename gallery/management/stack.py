"""
What a whole site consists of, each part as a :class:`~gallery.management.supervisor.Service`.

Redis and Milvus are started only where the environment names none; everybody learns of them by environment.
"""

import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from gallery.management.supervisor import Service

LOOPBACK = "127.0.0.1"

_QUIET = {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING"}
"""Seven processes write to one terminal: only what somebody should read, and at once."""

# From the folder of manage.py, whatever folder the command is given in.
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A server that the site needs: how to start it, where it listens, what to wait for."""

    service: Service
    port: int
    seconds: float


@dataclass(kw_only=True)
class Plan:
    """What is started, in this order, and the environment all of it sees."""

    host: str
    port: int
    environment: dict[str, str]
    neighbours: list[Neighbour] = field(default_factory=list)

    @property
    def web(self) -> Service:
        return Service(
            name="web",
            command=[
                *python("-m", "gunicorn", "dedup_site.wsgi:application", "--chdir", str(ROOT)),
                *("--bind", f"{self.host}:{self.port}", "--worker-class", "gthread", "--workers", "2"),
                *("--threads", "4", "--timeout", "60", "--graceful-timeout", "5", "--no-control-socket"),
                *("--log-level", "warning"),
            ],
        )

    @property
    def worker(self) -> Service:
        return Service(
            name="worker",
            command=[
                *celery("worker"),
                *("--queues", "work,verify,sweep", "--concurrency", "2", "--hostname", "worker@%h"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
            ],
        )

    @property
    def beat(self) -> Service:
        # The pid file is off: one that a kill -9 left behind would keep the next beat from starting.
        return Service(name="beat", command=[*celery("beat"), "--pidfile=", "--loglevel", "WARNING"], grace=5)


def python(*words: str) -> list[str]:
    """A command for the Python that runs now."""
    return [sys.executable, *words]


def manage(*words: str) -> list[str]:
    """A command of manage.py."""
    return python(str(ROOT / "manage.py"), *words)


def celery(*words: str) -> list[str]:
    return python("-m", "celery", "--quiet", "--workdir", str(ROOT), "-A", "dedup_site", *words)


def draw_up(*, host: str, port: int, environment: Mapping[str, str]) -> Plan:
    """The plan for a site on ``host:port`` in ``environment``."""
    plan = Plan(host=host, port=port, environment={**_QUIET, **environment})
    if not environment.get("REDIS_URL"):
        free = free_port()
        plan.environment["REDIS_URL"] = f"redis://{LOOPBACK}:{free}/0"
        redis = Service(name="redis", command=manage("serve_redis", "--port", str(free)))
        plan.neighbours.append(Neighbour(service=redis, port=free, seconds=30))
    if not environment.get("MILVUS_URI"):
        free = free_port()
        plan.environment["MILVUS_URI"] = f"http://{LOOPBACK}:{free}"
        # It flushes before it leaves, and loads every collection before it answers.
        milvus = Service(name="milvus", command=manage("serve_milvus", "--port", str(free)), grace=30)
        plan.neighbours.append(Neighbour(service=milvus, port=free, seconds=300))
    return plan


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with closing(socket.socket()) as candidate:
        candidate.bind((LOOPBACK, 0))
        return int(candidate.getsockname()[1])


def is_taken(host: str, port: int) -> bool:
    """Whether somebody else listens on ``host:port``."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return True
    return False


def accepts(port: int) -> Callable[[], bool]:
    """A question: does somebody accept connections on this port of loopback?"""

    def ask() -> bool:
        with closing(socket.socket()) as caller:
            caller.settimeout(0.5)
            return caller.connect_ex((LOOPBACK, port)) == 0

    return ask


def is_healthy(host: str, port: int) -> Callable[[], bool]:
    """A question: does the site answer /healthz with 200?"""

    def ask() -> bool:
        caller = HTTPConnection(LOOPBACK if host in {"0.0.0.0", "::"} else host, port, timeout=2)  # noqa: S104  # a comparison
        try:
            caller.request("GET", "/healthz", headers={"Host": "localhost"})
            return caller.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            caller.close()

    return ask
