"""
Examines files in a child process, so that a file that crashes, hangs or swells a decoder ends the child and not us.

The child lives on from file to file: a file costs a few milliseconds more than in this process. It gets no secret of
ours: its environment is empty but for what Python needs.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from gallery.errors import Poisoned, Unavailable
from gallery.images import jail, wire
from gallery.images.examination import NETWORK_SIDE, Examination
from gallery.images.jail import Jail
from gallery.images.tiles import Tiles

START_SECONDS = 60
"""For the child to load its libraries, on a machine that is busy."""

FILES_PER_CHILD = 2_000
"""Then it is replaced: codecs leak."""

PIPE_BYTES = 1 << 20
"""What a pipe holds, where the system has a say in it: with the usual 64 KiB a file's answer is twenty hand-overs."""

_ROOT = Path(__file__).resolve().parents[2]

log = structlog.get_logger(__name__)


class Examiner:
    """
    :func:`gallery.images.examination.examine` behind a wall.

    The child is started with the first file and again whenever it has died. One file at a time: threads wait for each
    other. After a fork the new process gets a child of its own. Close it, or use it in a ``with`` statement.
    """

    def __init__(
        self,
        *,
        max_pixels: int,
        seconds: int,
        memory_mb: int,
        network_side: int = NETWORK_SIDE,
        jailed: bool = False,
    ) -> None:
        """
        :param max_pixels: what a picture may have.
        :param seconds: what one file may take, at least 1.
        :param memory_mb: what the child may map, its libraries (about 350 MB) included.
        :param network_side: the side, in pixels, of the squares for the network.
        :param jailed: behind the walls of :mod:`gallery.images.jail`, too.
        """
        self._jailed = jailed
        self._jail: Jail | None = None
        self._max_pixels = max_pixels
        self._seconds = max(1, seconds)
        self._memory_mb = memory_mb
        self._network_side = network_side
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the child that is running now, if one is."""
        return self._process.pid if self._process is not None and self._owner == os.getpid() else None

    def examine(self, path: Path) -> Examination:
        """
        Find the facts of the file at ``path``.

        :raises IngestError: if the file is refused.
        :raises Poisoned: if the child died of it, hung or answered nonsense; the next file gets a new child.
        :raises Unavailable: if no child starts, which says nothing about the file.
        :raises FileNotFoundError: if there is no such file.
        """
        head, blocks = self._done(path, {"network_side": self._network_side})
        try:
            return wire.answer(head, blocks)
        except wire.Garbled as error:
            raise _garbled() from error

    def cut(self, path: Path, *, side: int) -> Tiles:
        """
        All pixels of the file at ``path``, upright, in tiles of ``side`` pixels. Raises what :meth:`examine` raises.
        """
        head, blocks = self._done(path, {"tile_side": side})
        try:
            return wire.answer_tiles(head, blocks)
        except wire.Garbled as error:
            raise _garbled() from error

    def _done(self, path: Path, job: wire.Head) -> tuple[wire.Head, list[bytes]]:
        """What the child answers to a job on a file; it gets another child if this one dies of it."""
        path.stat()
        self._leave_the_parents_child()
        with self._lock:
            process = self._running()
            try:
                head, blocks = self._ask(process, path, job)
            except BaseException:
                # A task's time limit may strike at any point; half an answer must never be taken for the next file's.
                self._stop()
                raise
            self._served += 1
            if self._served >= FILES_PER_CHILD:
                self._stop()
        return head, blocks

    def close(self) -> None:
        """End the child. The next file would start another."""
        self._leave_the_parents_child()
        with self._lock:
            self._stop()

    def _leave_the_parents_child(self) -> None:
        """After a fork the child belongs to the parent: neither its pipes nor its lock are ours."""
        if self._owner == os.getpid():
            return
        self._owner = os.getpid()
        self._lock = threading.Lock()
        if self._process is not None:
            _close_pipes(self._process)
            self._process.returncode = 0  # not ours to wait for
            self._process = None
        self._jail = None  # its folder is the parent's, too

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        self._served = 0
        command = [sys.executable, "-X", "faulthandler", "-m", "gallery.images.child", str(self._memory_mb)]
        if self._jailed:
            if reason := jail.missing():
                raise Unavailable("decoder", f"DECODER_JAIL is set, but {reason}.")
            self._jail = Jail(code=_ROOT / "gallery")
            command = self._jail.command(command)
        self._process = subprocess.Popen(  # noqa: S603 - a fixed command; the number is our own setting
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env=_environment(),
            bufsize=0,
            pipesize=PIPE_BYTES,
        )
        try:
            _read(self._process, wire.LENGTH.size, deadline=time.monotonic() + START_SECONDS)
        except Poisoned as error:
            self._stop()
            raise Unavailable("decoder", "The decoder does not start. Is DECODE_MEMORY_MB large enough?") from error
        except BaseException:
            self._stop()
            raise
        return self._process

    def _ask(self, process: subprocess.Popen[bytes], path: Path, wanted: wire.Head) -> tuple[wire.Head, list[bytes]]:
        if self._jail is None:
            return self._ask_about(process, path, {"path": str(path.absolute()), **wanted})
        place, name = self._jail.hand_in(path)
        try:
            return self._ask_about(process, path, {"path": name, **wanted})
        finally:
            place.unlink(missing_ok=True)

    def _ask_about(
        self, process: subprocess.Popen[bytes], path: Path, wanted: wire.Head
    ) -> tuple[wire.Head, list[bytes]]:
        """``wanted`` says what the child is to do, and what it calls the file at ``path``."""
        deadline = time.monotonic() + self._seconds
        job = {
            "max_pixels": self._max_pixels,
            "seconds": self._seconds + 1,
            **wanted,
        }
        assert process.stdin is not None
        try:
            process.stdin.write(b"".join(wire.pack(job, [])))
        except BrokenPipeError as error:
            raise _death(process) from error
        try:
            length = wire.head_length(_read(process, wire.LENGTH.size, deadline=deadline))
            head, lengths = wire.head(_read(process, length, deadline=deadline))
            if "fault" in head:
                log.error("decoder_failed", path=str(path), traceback=head["fault"])
                raise Poisoned("The decoder failed on this file; the log says how.")
            return head, [_read(process, length, deadline=deadline) for length in lengths]
        except wire.Garbled as error:
            raise _garbled() from error

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _close_pipes(process)
        if self._jail is not None:
            self._jail.close()
            self._jail = None


def _environment() -> dict[str, str]:
    """
    No secrets; one thread for each library (for NumPy ``gallery/__init__.py`` says so), or their stacks use up the
    memory that pictures may take. Memory that was given back is kept for the next file: the system would wipe it page
    by page, a twentieth of a file's time.
    """
    ours = {
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME")
    return ours | {name: os.environ[name] for name in kept if name in os.environ}


def _read(process: subprocess.Popen[bytes], length: int, *, deadline: float) -> bytes:
    """
    Exactly ``length`` bytes of what the child says.

    :raises Poisoned: if it ends or the deadline passes first.
    """
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    parts: list[bytes] = []
    while length:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            log.warning("decoder_hung", pid=process.pid)
            raise Poisoned("The decoder took too long on this file and was stopped.")
        part = os.read(pipe, min(length, 1 << 20))
        if not part:
            raise _death(process)
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _death(process: subprocess.Popen[bytes]) -> Poisoned:
    """Why the child is gone, in words for the person who looks into it."""
    try:
        status = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return Poisoned("The decoder closed its pipes on this file.")
    if status > jail.SIGNALLED:
        status = jail.SIGNALLED - status
    log.warning("decoder_died", pid=process.pid, status=status)
    if status == wire.OUT_OF_MEMORY:
        return Poisoned("The decoder ran out of memory on this file.")
    if status in (-signal.SIGALRM, -signal.SIGXCPU):
        return Poisoned("The decoder took too long on this file and was stopped.")
    if status < 0:
        return Poisoned(f"The decoder crashed on this file ({signal.Signals(-status).name}).")
    return Poisoned(f"The decoder gave up on this file (exit status {status}).")


def _garbled() -> Poisoned:
    return Poisoned("The decoder gave a garbled answer on this file.")


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
