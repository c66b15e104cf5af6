"""The labelled folder that everybody is given: the one beside the checkout if it is there, else a generated one."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gallery.evaluation import labels
from gallery.evaluation.labels import Labels, ends_of
from gallery.images.header import sniff
from tests.servers import ROOT

DATA = ROOT.parent / "shared" / "data"
PARTS = ("originals", "near_duplicates", "hard_negatives")
PAINTED = 40


@dataclass(frozen=True, slots=True)
class Labelled:
    """A folder with nothing but pictures, and what is known of them."""

    folder: Path
    known: Labels
    kind: str
    """What the pictures are, in words."""

    @property
    def copies(self) -> int:
        return sum(1 for _pair in self.known.of("duplicate"))

    def judge(self, one: str, other: str) -> str:
        """As ``manage.py evaluate`` judges a finding."""
        from gallery.evaluation.scores import judge

        return judge(ends_of(one, other), self.known)


def make(folder: Path, *, every: int = 1) -> Labelled:
    """
    Copy the pictures to ``folder``; programs may write beside them.

    :param every: take only each so-many-th group of copies, and each so-many-th of the pictures without one.
    """
    if (DATA / "pairs.csv").is_file():
        known = _part(labels.read(DATA, only=PARTS), every)
        for name in known.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(DATA / name, folder / name)
        kind = "photographs, edits of them and of other pictures, and pairs that only look alike"
    else:
        folder.mkdir(parents=True)
        pairs = _painted(folder)
        known = labels.read(folder, pairs=pairs)
        kind = "painted pictures and edits of them"
    return Labelled(folder, known, kind)


def _part(known: Labels, every: int) -> Labels:
    if every == 1:
        return known
    groups = sorted({group for names in known.groups.values() for group in names})
    chosen = set(groups[::every])
    alone = [name for name in known.files if not known.groups.get(name)]
    files = {name for name in known.files if known.groups.get(name, set()) & chosen} | set(alone[::every])
    pairs = {ends: pair for ends, pair in known.pairs.items() if files.issuperset(ends)}
    return replace(known, files=sorted(files), pairs=pairs)


def _painted(folder: Path) -> Path:
    """Painted photographs, of half of which there are edited copies. Returns the file with the pairs, beside them."""
    from gallery.evaluation.copies import ALL, copy_of
    from tests import pictures

    rows: list[Sequence[str]] = [("a", "b", "label", "group")]
    for seed in range(PAINTED):
        picture = pictures.photograph(seed, width=800, height=600)
        original = pictures.written(folder, picture, f"{seed}.jpg", quality=90).name
        if seed % 2:
            continue
        for name in ALL:
            data = copy_of(picture, name)
            copy = folder / f"{seed}-{name}.{sniff(data).extension}"
            copy.write_bytes(data)
            rows.append((*ends_of(original, copy.name), "duplicate", str(seed)))
    listed = folder.parent / "pairs.csv"
    with listed.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return listed
