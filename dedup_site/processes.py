"""Lets the web server's processes count together."""

import os
import shutil
import socket
from pathlib import Path


def count_together(folder: Path) -> None:
    """
    Choose the folder where this server's processes keep their counters, before the metrics are imported.

    Siblings share it: it is named for their host and parent. Folders of servers of this host that are gone are
    removed.
    """
    host = socket.gethostname()
    ours = folder / f"{host}-{os.getppid()}"
    for other in folder.glob(f"{host}-*"):
        if not _is_alive(int(other.name.rsplit("-", 1)[-1])):
            shutil.rmtree(other, ignore_errors=True)
    ours.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(ours))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process has this number
        return True
    return True
