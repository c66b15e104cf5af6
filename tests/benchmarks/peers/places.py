"""Who the peers are, and an environment of their own for each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import ROOT

FOLDER = ROOT / ".venv" / "peers"
SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, pinned. ``methods`` are those that its script in scripts/ knows, each measured for itself."""

    name: str
    requirements: tuple[str, ...]
    script: str
    methods: tuple[str, ...]
    python: tuple[int, int] = (3, 11)
    left_out: dict[str, str] = field(default_factory=dict)
    """Methods that are not run, and why."""


PEERS = (
    # Its own SSCD network is the one that we use: what differs is everything around it.
    Peer(
        "immaculate",
        ("immaculate[sscd]==0.3.0",),
        "ask_immaculate.py",
        ("sscd", "sscd_distilled", "pdq", "phash"),
        (3, 12),
    ),
    Peer(
        "imagededup",
        ("imagededup==0.3.3.post2", "torch==2.13.0", "torchvision==0.28.0"),
        "ask_imagededup.py",
        ("PHash", "DHash", "WHash", "AHash"),
        left_out={"CNN": "its weights come from a model hub, and packages only were to be had"},
    ),
    Peer("fastdup", ("fastdup==2.54",), "ask_fastdup.py", ("default network",)),
    Peer("difPy", ("difPy==4.2.1",), "ask_difpy.py", ("mean squared error",)),
)


class NotInstalled(Exception):
    """The text says why."""


def installed(peer: Peer) -> Path:
    """
    The Python in which ``peer`` is installed; it is made at the first call.

    :raises NotInstalled: if there is no Python that is new enough, or the packages do not come.
    """
    python = FOLDER / peer.name / "bin" / "python"
    done = FOLDER / peer.name / "installed"
    wanted = "\n".join([*peer.requirements, str(peer.python)])
    if done.is_file() and done.read_text() == wanted:
        return python
    shutil.rmtree(FOLDER / peer.name, ignore_errors=True)
    base = _python(peer.python)
    for command in (
        [base, "-m", "venv", str(FOLDER / peer.name)],
        [str(python), "-m", "pip", "install", "--quiet", *peer.requirements],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            reason = next((line for line in made.stderr.splitlines() if line.startswith("ERROR")), made.stderr[-200:])
            raise NotInstalled(f"it does not install: {reason}")
    done.write_text(wanted)
    return python


def _python(least: tuple[int, int]) -> str:
    """The oldest Python of this machine that is at least ``least``: packages lag behind the newest."""
    found = {version: path for path in _pythons() if (version := _version(path)) and version >= least}
    if not found:
        raise NotInstalled(f"it needs Python {'.'.join(map(str, least))}, which is not here")
    return found[min(found)]


def _pythons() -> Iterator[str]:
    yield from sorted(map(str, Path.home().glob(".pyenv/versions/*/bin/python")))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield from sorted(map(str, Path(folder).glob("python3.[0-9]*")))
    yield sys.executable


def _version(python: str) -> tuple[int, int] | None:
    if not Path(python).name.removeprefix("python").replace(".", "").isdigit() and Path(python).name != "python":
        return None
    asked = subprocess.run(
        [python, "-c", "import sys, venv; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    return None if asked.returncode else (int(asked.stdout.split()[0]), int(asked.stdout.split()[1]))
