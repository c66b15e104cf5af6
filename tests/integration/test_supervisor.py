"""The supervisor of ``make run``: restarts what dies, stops in order, leaves nobody behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gallery.management.supervisor import Failed, Service, Stopped, Supervisor

SLEEP = "import time; time.sleep(60)"


def python(program: str, *words: str) -> list[str]:
    return [sys.executable, "-c", program, *words]


class Screen:
    """What a person would read."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for who, line in self.lines if who == name]


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def supervisor(screen: Screen) -> Supervisor:
    return Supervisor(environment=dict(os.environ), show=screen)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def is_gone(pid: int) -> bool:
    """Whether the process ends within ten seconds: a signal takes its time."""
    until = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def later(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


def test_output_is_shown_with_the_name_of_who_wrote_it(supervisor: Supervisor, screen: Screen) -> None:
    with supervisor:
        supervisor.run("greeting", python("import sys; print('hello'); sys.stderr.write('half a line')"))
    assert screen.of("greeting") == ["hello", "half a line"]


def test_of_a_progress_bar_the_last_state_is_shown(supervisor: Supervisor, screen: Screen) -> None:
    with supervisor:
        supervisor.run("samples", python(r"print('0 of 2\r1 of 2\r2 of 2\r')"))
    assert screen.of("samples") == ["2 of 2"]


def test_a_step_that_does_not_succeed_says_why(supervisor: Supervisor) -> None:
    with supervisor, pytest.raises(Failed, match=r"(?s)migrate did not succeed \(exit status 3\).*no such table"):
        supervisor.run("migrate", python("import sys; print('no such table'); sys.exit(3)"))


def test_a_program_that_does_not_exist_says_so(supervisor: Supervisor) -> None:
    with supervisor, pytest.raises(Failed, match="can't be started"):
        supervisor.start(Service(name="ghost", command=["/nowhere/ghost"]))


def test_a_service_that_dies_while_awaited_fails_the_start(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.start(Service(name="milvus", command=python("import sys; sys.exit('the disk is full')")))
        with pytest.raises(Failed, match=r"(?s)milvus ended \(exit status 1\).*the disk is full"):
            supervisor.wait_until(lambda: False, seconds=20, what="milvus")


def test_a_service_that_never_answers_fails_the_start(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.start(Service(name="redis", command=python(SLEEP)))
        with pytest.raises(Failed, match="did not answer within 1 s"):
            supervisor.wait_until(lambda: False, seconds=1, what="redis")


def test_a_killed_service_is_started_again(supervisor: Supervisor, screen: Screen, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    program = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"

    def pids() -> list[int]:
        return [int(line) for line in note.read_text().split()] if note.exists() else []

    with supervisor:
        supervisor.start(Service(name="worker", command=python(program, str(note))))
        supervisor.wait_until(lambda: len(pids()) == 1, seconds=20, what="worker")
        os.kill(pids()[0], signal.SIGKILL)
        timers = [later(6, lambda: os.kill(os.getpid(), signal.SIGINT))]
        supervisor.watch()
        for timer in timers:
            timer.cancel()
    assert len(pids()) == 2
    assert any("ended (signal SIGKILL)" in line for line in screen.of("worker"))
    assert not any(is_alive(pid) for pid in pids())


def test_services_stop_last_started_first(supervisor: Supervisor, screen: Screen) -> None:
    polite = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye', flush=True)))\n"
    polite += "print('up', flush=True); time.sleep(60)"
    with supervisor:
        for name in ("redis", "web", "beat"):
            supervisor.start(Service(name=name, command=python(polite)))
        supervisor.wait_until(lambda: len([1 for _, line in screen.lines if line == "up"]) == 3, seconds=20, what="all")
    assert [name for name, line in screen.lines if line == "bye"] == ["beat", "web", "redis"]


def test_a_service_that_ignores_the_request_is_killed_after_its_grace(supervisor: Supervisor, screen: Screen) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with supervisor:
        supervisor.start(Service(name="mule", command=python(stubborn), grace=0.5))
        supervisor.wait_until(lambda: screen.of("mule") == ["up"], seconds=20, what="mule")
        since = time.monotonic()
    assert time.monotonic() - since < 5


def test_grandchildren_are_ended_with_their_service(supervisor: Supervisor, screen: Screen) -> None:
    parent = f"import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
    parent += "print(child.pid, flush=True); time.sleep(60)"
    with supervisor:
        supervisor.start(Service(name="pool", command=python(parent), grace=2))
        supervisor.wait_until(lambda: bool(screen.of("pool")), seconds=20, what="pool")
        child = int(screen.of("pool")[0])
        assert is_alive(child)
    assert is_gone(child)


def test_a_person_can_stop_while_something_is_awaited(supervisor: Supervisor) -> None:
    timer = later(0.5, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with supervisor, pytest.raises(Stopped):
        supervisor.run("long", python(SLEEP))
    timer.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_killing_the_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from gallery.management.supervisor import Service, Supervisor\n"
        "with Supervisor(environment=dict(os.environ), show=lambda *words: print(*words, flush=True)) as supervisor:\n"
        "    supervisor.start(Service(name='x', command=[sys.executable, '-c', 'import os, time; print(os.getpid(), "
        "flush=True); time.sleep(60)']))\n"
        "    supervisor.watch()\n"
    )
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as outer:
        assert outer.stdout is not None
        child = int(outer.stdout.readline().split()[1])
        outer.kill()
    assert is_gone(child)
