"""
Runs a few services as one: shows their output, restarts those that die, stops them in order.

One thread and a selector, so that there is no thread to be caught by a fork. Every service leads a process group of its
own: Ctrl-C reaches the supervisor only, which then stops the services last-started first, and whatever a dead service
leaves behind is ended with its group.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Self

_POLL_SECONDS = 0.1
_ASK_SECONDS = 0.2
_LAST_LINES = 12
_STEADY_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """Ctrl-C or SIGTERM arrived while something was awaited."""


class Failed(Exception):
    """A step or a service did not do what it was started for; the text is for the person at the terminal."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What to run. ``grace`` is how many seconds it gets to stop before it is killed."""

    name: str
    command: Sequence[str]
    grace: float = 10.0


@dataclass(kw_only=True)
class _Running:
    service: Service
    process: subprocess.Popen[bytes]
    since: float
    pause: float = _FIRST_PAUSE_SECONDS
    restart_at: float | None = None
    rest: bytes = b""
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))


def end_with_parent() -> Callable[[], None] | None:
    """
    A ``preexec_fn`` that has Linux send the child SIGTERM when its parent dies, so that a ``kill -9`` of the parent
    leaves no orphans. None where there is no such thing.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


class Supervisor:
    """
    Use as a context manager: leaving it stops everything.

    :param environment: what every service and step sees.
    :param show: gets each line of output with the name of who wrote it.
    """

    def __init__(self, *, environment: Mapping[str, str], show: Callable[[str, str], None]) -> None:
        self._environment = dict(environment)
        self._show = show
        self._running: list[_Running] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_stop = 0
        self._handlers: dict[int, signal.Handlers | Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop_all()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._selector.close()

    def start(self, service: Service) -> None:
        """Start ``service``; from now on it is restarted when it dies."""
        self._running.append(
            _Running(service=service, process=self._spawn(service.name, service.command), since=time.monotonic())
        )
        self._listen(self._running[-1])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """
        Wait until ``ready()`` is true.

        :raises Failed: if a service dies or ``seconds`` pass before; with the last lines it wrote.
        :raises Stopped: if a person stops the whole.
        """
        until = time.monotonic() + seconds
        while not ready():
            asked = time.monotonic()
            while time.monotonic() < asked + _ASK_SECONDS:
                self._pump()
            for running in self._running:
                if running.process.poll() is not None:
                    self._drain(running)
                    raise Failed(
                        f"{running.service.name} ended ({_manner(running.process)}). Its last lines:\n"
                        + "\n".join(running.last)
                    )
            if time.monotonic() > until:
                raise Failed(f"{what} did not answer within {seconds:.0f} s. Its output is above.")

    def run(self, name: str, command: Sequence[str]) -> None:
        """
        Run ``command`` to its end, the services meanwhile supervised.

        :raises Failed: if it ends with anything but 0.
        :raises Stopped: if a person stops the whole; the command is ended first.
        """
        step = _Running(
            service=Service(name=name, command=command), process=self._spawn(name, command), since=time.monotonic()
        )
        self._listen(step)
        try:
            while step.process.poll() is None:
                self._pump()
                self._mend()
        finally:
            if step.process.poll() is None:
                self._end(step)
            self._drain(step)
        if step.process.returncode:
            raise Failed(f"{name} did not succeed ({_manner(step.process)}). Its last lines:\n" + "\n".join(step.last))

    def watch(self) -> None:
        """Keep all services running until a person stops the whole."""
        try:
            while True:
                self._pump()
                self._mend()
        except Stopped:
            return

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked_to_stop += 1

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  # the commands are this project's own, no shell
                list(command),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        except OSError as error:
            raise Failed(f"{name} can't be started: {error}") from error

    def _listen(self, running: _Running) -> None:
        stream = _output(running.process)
        os.set_blocking(stream.fileno(), False)
        self._selector.register(stream, selectors.EVENT_READ, running)

    def _pump(self) -> None:
        """Show what was written; return after at most a tenth of a second. Raises Stopped when that was asked."""
        for key, _ in self._selector.select(_POLL_SECONDS):
            self._read(key.data)
        if self._asked_to_stop:
            raise Stopped

    def _read(self, running: _Running) -> bool:
        """Show what ``running`` wrote since; False if there was nothing or its output has ended."""
        stream = _output(running.process)
        chunk = stream.read()
        if chunk is None:
            return False
        *lines, running.rest = (running.rest + chunk).split(b"\n")
        if not chunk:
            self._forget(stream)
            lines = [running.rest] if running.rest else []
            running.rest = b""
        for line in lines:
            # A progress bar writes over its line again and again; the last state is the one to show.
            text = line.decode(errors="replace").rstrip("\r").rpartition("\r")[2]
            running.last.append(text)
            self._show(running.service.name, text)
        return bool(chunk)

    def _drain(self, running: _Running) -> None:
        """Show the rest and close the pipe. A grandchild that still holds it is not waited for."""
        stream = _output(running.process)
        if stream.closed:
            return
        while self._read(running):
            pass
        self._forget(stream)
        stream.close()

    def _forget(self, stream: IO[bytes]) -> None:
        if stream in self._selector.get_map():
            self._selector.unregister(stream)

    def _mend(self) -> None:
        """Restart what died: at once the first time, then after growing pauses."""
        now = time.monotonic()
        for running in self._running:
            if running.restart_at is None and running.process.poll() is not None:
                _signal_group(running.process, signal.SIGKILL)  # its pool, its workers
                self._drain(running)
                steady = now - running.since > _STEADY_SECONDS
                running.pause = _FIRST_PAUSE_SECONDS if steady else min(running.pause * 2, _MAX_PAUSE_SECONDS)
                running.restart_at = now + running.pause
                self._show(running.service.name, f"ended ({_manner(running.process)}); again in {running.pause:.1f} s")
            elif running.restart_at is not None and now >= running.restart_at:
                running.process = self._spawn(running.service.name, running.service.command)
                running.since, running.restart_at = now, None
                self._listen(running)

    def _stop_all(self) -> None:
        """Last-started first. A second Ctrl-C kills what is left."""
        self._asked_to_stop = 0
        while self._running:
            running = self._running.pop()
            if running.process.poll() is None:
                self._show(running.service.name, "stopping")
                self._end(running)
            else:
                _signal_group(running.process, signal.SIGKILL)
            self._drain(running)

    def _end(self, running: _Running) -> None:
        """SIGTERM to the service, SIGKILL to its group when its grace is over or a person insists."""
        insisted = self._asked_to_stop
        running.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + running.service.grace
        while running.process.poll() is None and time.monotonic() < until and self._asked_to_stop == insisted:
            for key, _ in self._selector.select(_POLL_SECONDS):
                self._read(key.data)
        _signal_group(running.process, signal.SIGKILL)
        running.process.wait()


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise RuntimeError("a service was started without a pipe")
    return process.stdout


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal whatever is left of the group that ``process`` leads; often nothing is."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _manner(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit status {code}"
