"""A whole site on sample pictures in a folder of its own, as ``make run`` starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gallery.management import stack

PATIENCE_SECONDS = 600
"""Until it is ready, samples included, on a machine that is busy."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where it answers, and the passwords of its demo accounts by name."""

    address: str
    passwords: dict[str, str]


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """Start the site with its data in ``folder``; stop it in the end."""
    port, log = stack.free_port(), folder / "site.log"
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_URI"))}
    environment = {**kept, "VAR_DIR": str(folder), "ENV_FILE": os.devnull, "PYTHONUNBUFFERED": "1"}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(stack.ROOT / "manage.py"), "run_site", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            _wait(process, log)
            accounts = (folder / "demo_accounts.txt").read_text()
            passwords = {name: word for _role, name, word in re.findall(r"(\S+) +(\S+) +(\S+)", accounts)}
            yield Site(address=f"http://localhost:{port}", passwords=passwords)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while "is ready after" not in log.read_text():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the site did not start:\n{log.read_text()}")
        time.sleep(0.5)
