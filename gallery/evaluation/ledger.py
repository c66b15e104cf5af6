"""What was done so far, a line for each picture: an evaluation that was interrupted goes on from there."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Ledger:
    """
    Rows by picture, in a file of JSON lines; without a ``path`` nothing is kept.

    ``among``: how many pictures each was searched for among. Lines that were written among others do not count.
    """

    def __init__(self, path: Path | None, *, among: int) -> None:
        self._path, self._among = path, among
        self._rows: dict[str, list[Row]] = {}
        if path is not None and path.is_file():
            lines = path.read_text().splitlines(keepends=True)
            if lines and not lines[-1].endswith("\n"):  # it was interrupted within this one
                path.write_text("".join(lines[:-1]))
                del lines[-1]
            found = (json.loads(line) for line in lines)
            self._rows = {line["picture"]: line["rows"] for line in found if line["among"] == among}

    def of(self, picture: str) -> list[Row] | None:
        """The rows of ``picture``; None if it was not done yet."""
        return self._rows.get(picture)

    def add(self, picture: str, rows: list[Row]) -> None:
        """Keep the rows of a picture that is done."""
        self._rows[picture] = rows
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps({"picture": picture, "among": self._among, "rows": rows}) + "\n")
