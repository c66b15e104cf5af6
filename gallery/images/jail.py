"""
A jail for the decoder, by bubblewrap: no network, no other processes, no files but programs and the one to decode.

The limits of :mod:`gallery.images.child` keep a hostile file from using up the machine. The jail is for the day on
which one takes over the decoder itself: there is then nothing to read, nobody to talk to and nothing to write.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

JOBS = "/job"
"""Where the file to decode lies, inside."""

SIGNALLED = 128
"""bubblewrap ends with so much more than the number of the signal that ended what it ran."""

_PROGRAM = "bwrap"
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache")
_PROBE_SECONDS = 10


@cache
def missing() -> str:
    """Why there can be no jail here; empty if there can. Asked once."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return "bubblewrap is not installed (Debian: apt-get install bubblewrap)"
    tried = subprocess.run(  # noqa: S603 - a fixed command
        [program, *_walls(), "--", sys.executable, "-c", ""],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PROBE_SECONDS,
    )
    return "" if tried.returncode == 0 else f"bubblewrap can't make one here: {tried.stderr.strip()[:200]}"


class Jail:
    """The walls for one child, and the folder through which files are handed in. Use it in a ``with`` statement."""

    def __init__(self, *, code: Path) -> None:
        """:param code: a folder of ours that the child may read."""
        self._code = code
        self._folder = Path(tempfile.mkdtemp(prefix="dedup-jail-"))
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def command(self, words: Sequence[str]) -> list[str]:
        """``words`` behind walls."""
        program = shutil.which(_PROGRAM) or _PROGRAM
        ours = ["--ro-bind", str(self._code), str(self._code), "--chdir", str(self._code.parent)]
        return [program, *_walls(), *ours, "--ro-bind", str(self._folder), JOBS, "--", *words]

    def hand_in(self, path: Path) -> tuple[Path, str]:
        """
        Let the child see the file at ``path``: where it lies for us, and what the child is to call it.

        A second name of the same file where that is possible, else a copy.
        """
        self._number += 1
        place = self._folder / str(self._number)
        try:
            os.link(path, place)
        except OSError:  # on another disk, or a disk without links
            shutil.copyfile(path, place)
        return place, f"{JOBS}/{self._number}"

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _walls() -> list[str]:
    readable = [*_SYSTEM, sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), *_paths()]
    words = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]  # noqa: S108 - an empty one, inside
    for path in dict.fromkeys(readable):
        words += ["--ro-bind-try", path, path]
    return words


def _paths() -> list[str]:
    """Where else Python looks for libraries: a folder of weights and models, for example."""
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
