"""``make run``: the whole site from nothing, healed after a kill, stopped without leftovers, started again at once."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests import servers

ROOT = servers.ROOT


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing, with a folder of its own for what the site keeps."""
    mine = ("DATABASE_URL", "REDIS_URL", "MILVUS_URI", "INDEX", "MEDIA_ROOT", "S3_BUCKET", "LOG_LEVEL")
    return {
        **{name: value for name, value in os.environ.items() if name not in mine},
        "VAR_DIR": str(tmp_path / "var"),
        "HOST": servers.HOST,
        "PORT": str(servers.free_port()),
    }


@contextmanager
def site(surroundings: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(ROOT / "manage.py"), "run_site", "--no-samples"]
    with log.open("wb") as output, subprocess.Popen(command, env=surroundings, stdout=output, stderr=output) as process:
        try:
            wait_until(lambda: b"is ready after" in log.read_bytes() or process.poll() is not None, seconds=120)
            assert process.poll() is None, log.read_text(errors="replace")[-4000:]
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def wait_until(question: Callable[[], object], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < until
        time.sleep(0.1)


def children(process: subprocess.Popen[bytes]) -> dict[int, str]:
    """Process id → command line of what ``process`` has started and what those have."""
    parents, lines = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    found: dict[int, str] = {}
    level = {process.pid}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found |= {pid: lines[pid] for pid in level}
    return found


def of(process: subprocess.Popen[bytes], word: str) -> list[int]:
    return [pid for pid, line in children(process).items() if word in line]


def answers(surroundings: Mapping[str, str], path: str) -> bool:
    try:
        with urlopen(f"http://{servers.HOST}:{surroundings['PORT']}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_the_site_runs_heals_stops_and_starts_again(surroundings: dict[str, str], tmp_path: Path) -> None:
    with site(surroundings, tmp_path / "first.log") as process:
        assert answers(surroundings, "/login/")
        all_of_it = children(process)
        for word in ("redis-server", "serve_milvus", "gunicorn", " worker ", " beat "):
            before = of(process, word)
            assert before, word
            if word in {"redis-server", "serve_milvus", " worker "}:
                os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: all(of(process, word) for word in ("redis-server", "serve_milvus", " worker ")), seconds=30)
        wait_until(lambda: answers(surroundings, "/readyz"), seconds=60)
        all_of_it |= children(process)
        since = time.monotonic()
    assert process.returncode == 0
    assert time.monotonic() - since < 30
    assert [pid for pid, line in all_of_it.items() if _runs(pid, line)] == []

    note = tmp_path / "var" / "demo_accounts.txt"
    assert note.stat().st_mode & 0o777 == 0o600
    assert re.findall(r"^\w+ +(\w+) +\S+$", note.read_text(), flags=re.MULTILINE) == ["lena", "mara", "jon", "ada"]

    accounts = note.read_text()
    with site(surroundings, tmp_path / "second.log"):
        assert b"Collecting static files" not in (tmp_path / "second.log").read_bytes()
    assert note.read_text() == accounts


def _runs(pid: int, line: str) -> bool:
    """Whether the process that was ``line`` is still there, and not another with its number."""
    try:
        return bool(line) and Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() == line
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_taken_port_is_told_with_what_to_do(surroundings: dict[str, str], tmp_path: Path) -> None:
    with servers.redis(tmp_path / "redis", port=int(surroundings["PORT"])):
        answer = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "run_site"],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert answer.returncode == 1
    assert f"Port {surroundings['PORT']} on 127.0.0.1 is taken" in answer.stderr
    assert f"PORT={int(surroundings['PORT']) + 1} make run" in answer.stderr
