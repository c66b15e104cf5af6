"""Asks immaculate for the groups of a folder. Run in its environment: METHOD FOLDER ANSWER."""

import json
import sys
from pathlib import Path


def main() -> None:
    from immaculate import find_duplicates  # type: ignore[import-not-found]  # in an environment of its own

    method, folder, answer = sys.argv[1:4]
    found = find_duplicates(folder, method=method)
    groups = [[str(path) for path in group] for group in [*found.exact, *found.near]]
    # Its thresholds are fixed.
    Path(answer).write_text(json.dumps({"groups": groups, "skipped": len(found.skipped)}))


if __name__ == "__main__":
    main()
