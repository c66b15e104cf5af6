"""A command, its time and its memory. Linux only: it reads /proc."""

import os
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import processor

SAMPLE_SECONDS = 0.5
SAMPLE_SHARE = 0.01
"""Of one core, at most: adding up the memory of a dozen processes takes tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the wall and of the processor, and the most memory that all its processes had at one time, in MiB."""

    seconds: float
    processor: float
    memory: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status`` is None if the command was stopped for taking too long. ``said`` is the end of what it printed."""

    status: int | None
    said: str
    cost: Cost


def run(command: Sequence[str], *, seconds: float, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run ``command`` for at most ``seconds``."""
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that all of it can be ended
    )
    watch = Watch([process.pid])
    with watch:
        try:
            said, _nothing = process.communicate(timeout=seconds)
            status: int | None = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _nothing = process.communicate()
            status = None
    after = os.times()
    spent = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return Outcome(status, said[-2000:], Cost(time.perf_counter() - started, spent, watch.peak))


class Watch:
    """
    Samples the memory of some processes and all below them while the ``with`` block runs.

    What several processes share counts once (Pss of smaps_rollup).
    """

    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = list(roots)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.peak = 0.0
        """In MiB."""
        self.spent = 0.0
        """Processor seconds that looking took, in this process."""

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.peak = max(self.peak, sum(_memory(pid) for pid in _below(self._roots)))
            took, self.spent = time.thread_time() - self.spent, time.thread_time()
            if self._done.wait(max(SAMPLE_SECONDS, took / SAMPLE_SHARE)):
                return


def _below(roots: Iterable[int]) -> set[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for pid, parent, _seconds in processor.processes():
        children[parent].append(pid)
    found, left = set[int](), list(roots)
    while left:
        pid = left.pop()
        found.add(pid)
        left += children[pid]
    return found


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0  # it ended while we looked, or is about to
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
