"""
Asks fastdup for the pairs of a folder by the network in its package. Run in its environment: METHOD FOLDER ANSWER
[loose].

With ``loose`` the 20 nearest of each picture from a similarity of 0.5 on; else its defaults, the 2 nearest from 0.9 on.
"""

import json
import sys
import tempfile
from pathlib import Path

DEFAULT = 0.9


def main() -> None:
    import fastdup  # type: ignore[import-not-found]  # in an environment of its own

    _method, folder, answer = sys.argv[1:4]
    wider = {"threshold": 0.5, "nearest_neighbors_k": 20} if sys.argv[4:] else {}
    with tempfile.TemporaryDirectory() as work:
        found = fastdup.create(work_dir=work, input_dir=folder)
        found.run(overwrite=True, **wider)
        table = found.similarity()
    pairs = [
        (str(one), str(other), float(alike))
        for one, other, alike in zip(table["filename_from"], table["filename_to"], table["distance"], strict=True)
        if one != other
    ]
    Path(answer).write_text(json.dumps({"pairs": pairs, "default": DEFAULT}))


if __name__ == "__main__":
    main()
