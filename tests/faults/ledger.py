"""What was injected, what was lost and how long it took to recover: one line a test, for docs/reliability.md."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """
    ``fault`` as a reader would call it; ``injected`` says how often and under what load.

    ``lost``: uploads that reached no final stage, and pairs that were missed. ``seconds``: from the end of the fault
    until nothing was left to do.
    """

    order: int
    fault: str
    injected: str
    lost: int
    seconds: float


def note(entry: Entry) -> None:
    """Keep ``entry`` in the file that FAULTS_LOG names, if it names one."""
    if path := os.environ.get("FAULTS_LOG"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("a") as log:
            log.write(json.dumps(asdict(entry)) + "\n")


def entries(path: Path) -> list[Entry]:
    """What a run noted, in the order in which it is told; of a fault that was tried again the last word counts."""
    found = {entry.fault: entry for entry in (Entry(**json.loads(line)) for line in path.read_text().splitlines())}
    return sorted(found.values(), key=lambda entry: (entry.order, entry.fault))
