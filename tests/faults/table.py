"""
Writes the table of a run of the fault tests into a document, between its two marks.

``python -m tests.faults.table LOG DOCUMENT``
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.faults.ledger import Entry, entries

FIRST, LAST = "<!-- faults: made by `make test-faults` -->", "<!-- faults end -->"


def table(found: Iterable[Entry]) -> str:
    rows = [f"| {one.fault} | {one.injected} | {one.lost} | {max(1, round(one.seconds))} s |" for one in found]
    head = ["| Fault | Injected | Lost | Done after |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def written_into(document: str, found: Iterable[Entry]) -> str:
    """
    ``document`` with the table between its marks.

    :raises ValueError: if it has no such marks.
    """
    before, first, rest = document.partition(FIRST)
    _old, last, after = rest.partition(LAST)
    if not first or not last:
        raise ValueError(f"the document has no place for the table: {FIRST} … {LAST}")
    return f"{before}{FIRST}\n{table(found)}\n{LAST}{after}"


if __name__ == "__main__":
    log, document = Path(sys.argv[1]), Path(sys.argv[2])
    document.write_text(written_into(document.read_text(), entries(log)))
