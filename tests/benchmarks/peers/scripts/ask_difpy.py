"""
Asks difPy for the pairs of a folder. Run in its environment: METHOD FOLDER ANSWER [loose].

With ``loose`` pairs of all sizes up to a mean squared error of 50; else its default, pictures that are equal.
"""

import json
import sys
from pathlib import Path

LOOSE = 50.0


def main() -> None:
    import difPy  # type: ignore[import-not-found]  # in an environment of its own

    _method, folder, answer = sys.argv[1:4]
    built = difPy.build(folder, show_progress=False)
    wider = {"similarity": LOOSE, "same_dim": False} if sys.argv[4:] else {}
    found = difPy.search(built, show_progress=False, **wider)
    pairs = [(one, match[0], -float(match[1])) for one, matches in found.result.items() for match in matches]
    Path(answer).write_text(json.dumps({"pairs": pairs, "default": 0.0}))


if __name__ == "__main__":
    main()
