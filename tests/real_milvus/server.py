"""
A genuine Milvus: one standalone process with its own log, object store and coordinator in a folder.

It listens with some of its parts on all interfaces and asks nobody who they are. So it is only started in a network
that consists of loopback alone, which ``unshare --net`` gives.

``python -m tests.real_milvus.server FOLDER PORT HEALTH_PORT`` becomes the server.
"""

import importlib
import lzma
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests import servers

PACKAGE = Path(sys.prefix) / "real-milvus"
"""Where ``make test-milvus`` unpacks requirements-milvus.txt."""

TICK_MILLISECONDS = 20
"""How far a strong read may have to wait for the log's clock: 200 as it comes, which only makes tests slow."""


def why_not() -> str:
    """Why there can be no server here, as a sentence; empty if there can."""
    if not (PACKAGE / "milvus" / "__init__.py").is_file():
        return "The package of requirements-milvus.txt is not unpacked; `make test-milvus` does it."
    if [name for _number, name in socket.if_nameindex()] != ["lo"]:
        return "This network has more than loopback; `make test-milvus` runs these tests in one of their own."
    return ""


@contextmanager
def standalone(folder: Path) -> Iterator[servers.Milvus]:
    """Milvus with its data in ``folder``, ready to answer."""
    port, health = servers.free_port(), servers.free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.real_milvus.server", str(folder), str(port), str(health)]
    with servers.running(
        command,
        log=folder.parent / f"{folder.name}.log",
        ready=lambda: _is_well(health),
        environment={"PYTHONPATH": str(PACKAGE)},
    ) as process:
        try:
            yield servers.Milvus(f"http://{servers.HOST}:{port}", process)
        finally:
            process.kill()  # told to end, it takes half a minute; nobody wants its data


def _is_well(port: int) -> bool:
    try:
        with urlopen(f"http://{servers.HOST}:{port}/healthz", timeout=1) as answer:
            return bool(answer.read() == b"OK")
    except OSError:
        return False


def programs() -> Path:
    """The folder of the unpacked server and its libraries, 215 MB, unpacked at the first use."""
    folder = PACKAGE / "unpacked"
    if not (folder / "milvus").exists():
        fresh = PACKAGE / f"unpacking-{os.getpid()}"
        fresh.mkdir(parents=True, exist_ok=True)
        for packed in sorted((PACKAGE / "milvus" / "data" / "bin").glob("*.lzma")):
            with lzma.open(packed) as source, (fresh / packed.stem).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            (fresh / packed.stem).chmod(0o755)
        fresh.rename(folder)
    return folder


def become(folder: Path, port: int, health: int) -> None:
    """Write the configuration and turn this process into the server, so that signals reach it and nobody else."""
    package = importlib.import_module("milvus")
    config = package.MilvusServerConfig(data_dir=str(folder), proxy_port=port)
    config.set("proxy.timeTickInterval", TICK_MILLISECONDS)
    config.resolve()
    os.chdir(folder)
    environment = {
        **os.environ,
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(health),
        "MILVUS_RUN_DIR": str(folder / "run"),
        "LD_LIBRARY_PATH": str(programs()),
    }
    program = str(programs() / "milvus")
    os.execve(program, [program, "run", "standalone"], environment)


if __name__ == "__main__":
    become(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
