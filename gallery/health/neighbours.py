"""
Does each neighbour answer, and how fast?

Every question has a short patience of its own and all are asked at once. The web process never loads Milvus' client:
that its port accepts a connection is enough to say that it is there.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from gallery import embedders
from gallery.conf import conf
from gallery.errors import DedupError, Unavailable
from gallery.models import Collection, Policy

PATIENCE_SECONDS = 2.0
"""After this the answer goes out; who has not answered is down."""

CONNECT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one neighbour said. ``milliseconds`` is the time that it took or was given."""

    name: str
    well: bool
    needed: bool
    milliseconds: float
    sentence: str = ""


def ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        raise Unavailable("database", "The database does not answer.") from error


def ask_migrations() -> None:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise Unavailable("database", "The database does not answer.") from error
    if missing:
        raise Unavailable("database", f"{len(missing)} migrations are not applied. Run: manage.py migrate")


def ask_redis() -> None:
    try:
        with Redis.from_url(
            conf().redis_url, socket_timeout=CONNECT_SECONDS, socket_connect_timeout=CONNECT_SECONDS
        ) as client:
            client.ping()
    except RedisError as error:
        raise Unavailable("redis", "Redis does not answer. Work goes on by the sweeper, more slowly.") from error


def ask_milvus() -> None:
    if conf().index == "milvus":
        address = urlsplit(conf().milvus_uri)
        try:
            socket.create_connection((address.hostname or "", address.port or 19530), timeout=CONNECT_SECONDS).close()
        except OSError as error:
            raise Unavailable("milvus", "Milvus does not answer. Uploads are accepted and wait.") from error
    try:
        astray = Collection.objects.astray().exists()
    except DatabaseError as error:
        raise Unavailable("database", "The state of the index can not be read from the database.") from error
    if astray:
        raise Unavailable("milvus", "Milvus holds another state than SQL. New images wait until it was put right.")


def ask_storage() -> None:
    try:
        default_storage.exists("readiness-probe")
    except (OSError, BotoCoreError, ClientError) as error:
        raise Unavailable("storage", "The store of files does not answer.") from error


def ask_model() -> None:
    try:
        missing = embedders.missing(Policy.objects.in_force().embedder)
    except DatabaseError as error:
        raise Unavailable("database", "Which network is wanted can not be read from the database.") from error
    if missing:
        raise Unavailable("model", " ".join(missing))


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    name: str
    ask: Callable[[], None]
    needed: bool
    """Whether pages fail without it. Without the others uploads wait, visibly, and review goes on."""


NEIGHBOURS = (
    Neighbour(name="database", ask=ask_database, needed=True),
    Neighbour(name="migrations", ask=ask_migrations, needed=True),
    Neighbour(name="storage", ask=ask_storage, needed=True),
    Neighbour(name="redis", ask=ask_redis, needed=False),
    Neighbour(name="milvus", ask=ask_milvus, needed=False),
    Neighbour(name="model", ask=ask_model, needed=False),
)

_asking: dict[str, "Future[Answer]"] = {}
_asking_lock = Lock()
_askers = ThreadPoolExecutor(max_workers=len(NEIGHBOURS), thread_name_prefix="readiness")


def ask_all(neighbours: tuple[Neighbour, ...] = NEIGHBOURS, *, patience: float = PATIENCE_SECONDS) -> list[Answer]:
    """
    Ask every neighbour at once; the answers come in the order of ``neighbours``, within ``patience`` seconds.

    A neighbour that hung on an earlier call is not asked a second time meanwhile: probes never pile up.
    """
    with _asking_lock:
        for neighbour in neighbours:
            if neighbour.name not in _asking or _asking[neighbour.name].done():
                _asking[neighbour.name] = _askers.submit(_ask, neighbour)
        asked = {neighbour: _asking[neighbour.name] for neighbour in neighbours}
    wait(asked.values(), timeout=patience)
    return [future.result() if future.done() else _silent(neighbour, patience) for neighbour, future in asked.items()]


def _ask(neighbour: Neighbour) -> Answer:
    started = time.perf_counter()
    sentence = ""
    try:
        neighbour.ask()
    except DedupError as error:
        sentence = str(error)
    finally:
        connections.close_all()  # this thread's own
    return Answer(
        name=neighbour.name,
        well=not sentence,
        needed=neighbour.needed,
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
        sentence=sentence,
    )


def _silent(neighbour: Neighbour, patience: float) -> Answer:
    return Answer(
        name=neighbour.name,
        well=False,
        needed=neighbour.needed,
        milliseconds=round(patience * 1000, 1),
        sentence=f"No answer within {patience:g} s.",
    )
