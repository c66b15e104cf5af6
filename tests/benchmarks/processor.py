"""What the processor did for us, whoever else is on the machine. Linux only: it reads /proc."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processes() -> Iterator[tuple[int, int, float]]:
    """Every process that is alive: its id, its parent's, and its processor seconds so far."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        yield int(stat.parent.name), int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS


def seconds_of(roots: Iterable[int]) -> float:
    """Processor seconds so far of the processes ``roots`` and all below them that are alive."""
    below, spent = _tree()
    return _sum(list(roots), below, spent)


def seconds_below(root: int) -> float:
    """As :func:`seconds_of`, without what ``root`` itself computed: it may be who asks, and asking costs."""
    below, spent = _tree()
    return _sum(below[root], below, spent)


def _tree() -> tuple[dict[int, list[int]], dict[int, float]]:
    """The children and the seconds of every process."""
    below: dict[int, list[int]] = defaultdict(list)
    spent: dict[int, float] = {}
    for pid, parent, seconds in processes():
        below[parent].append(pid)
        spent[pid] = seconds
    return below, spent


def _sum(open_pids: list[int], below: dict[int, list[int]], spent: dict[int, float]) -> float:
    total = 0.0
    while open_pids:
        pid = open_pids.pop()
        total += spent.get(pid, 0.0)
        open_pids += below[pid]
    return total
