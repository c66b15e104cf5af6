"""
The labelled folder that everybody is given: the one beside the checkout if it is there, else painted pictures.

To either are added copies of some photographs by our edits: what people do to pictures, many times over.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from gallery.errors import IngestError
from gallery.evaluation import labels
from gallery.evaluation.copies import ALL, copy_of
from gallery.evaluation.labels import Labels, ends_of
from gallery.images.header import HEAD_BYTES, sniff
from tests.servers import ROOT

DATA = ROOT.parent / "shared" / "data"
PARTS = ("originals", "near_duplicates", "hard_negatives")
PAINTED = 40
EDITED = 12
"""Photographs that have no copy yet, evenly over the folder, of which all edits are made."""

MAX_PIXELS = 50_000_000

SHARED = ("collage_2", "collage_4")
"""Left out: they set photographs of one size beside the same others, so that the collages are copies of each other."""

EDITS = [edit for edit in ALL if edit not in SHARED]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A folder with nothing but pictures, and what is known of them."""

    folder: Path
    known: Labels
    kind: str
    """What the pictures are, in words."""
    refused: int = 0
    """Files of formats that our door refuses, which nobody is given. Labelled pairs of theirs are left out, too."""
    refused_pairs: int = 0

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
    edited = max(1, EDITED // every)
    edits = f"{len(EDITS)} edits of each of {edited} photographs"
    edits += f"; one group in {every} of all there are" * (every > 1)
    if (DATA / "pairs.csv").is_file():
        listed = labels.read(DATA, only=PARTS)
        known = _accepted(listed)
        refused, refused_pairs = len(listed.files) - len(known.files), known.refused
        known = _part(known, every)
        for name in known.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(DATA / name, folder / name)
        kind = f"photographs, copies that others made of pictures, pairs that only look alike, and {edits}"
    else:
        folder.mkdir(parents=True)
        _paint(folder)
        known = labels.read(folder, needs_copies=False)
        refused = refused_pairs = 0
        kind = f"painted pictures, and {edits}"
    alone = [
        name for name in known.files if not known.groups.get(name) and ("/" not in name or name.startswith(PARTS[0]))
    ]
    for number, name in enumerate(alone[:: max(1, len(alone) // EDITED)][:edited]):
        _edit(folder, name, known, group=f"edits/{number}")
    known.files.sort()
    return Labelled(folder, known, kind, refused, refused_pairs)


def _accepted(known: Labels) -> Labels:
    """Without the files that our door refuses for their format."""
    refused = {name for name in known.files if not _is_accepted(known.folder / name)}
    return replace(known.without(refused), files=[name for name in known.files if name not in refused])


def _is_accepted(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            sniff(file.read(HEAD_BYTES))
        except IngestError:
            return False
    return True


def _part(known: Labels, every: int) -> Labels:
    if every == 1:
        return known
    groups = sorted({group for names in known.groups.values() for group in names})
    chosen = set(groups[::every])
    alone = [name for name in known.files if not known.groups.get(name)]
    files = {name for name in known.files if known.groups.get(name, set()) & chosen} | set(alone[::every])
    pairs = {ends: pair for ends, pair in known.pairs.items() if files.issuperset(ends)}
    return replace(known, files=sorted(files), pairs=pairs)


def _paint(folder: Path) -> None:
    from tests import pictures

    for seed in range(PAINTED):
        pictures.written(folder, pictures.photograph(seed, width=800, height=600), f"{seed}.jpg", quality=90)


def _edit(folder: Path, name: str, known: Labels, *, group: str) -> None:
    """Write a copy of the picture by every edit, and add them to ``known``, as one group with the picture."""
    from gallery.images.decode import decode

    picture = decode(folder / name, max_pixels=MAX_PIXELS).picture
    (folder / group).mkdir(parents=True)
    known.groups[name].add(group)
    for edit in EDITS:
        data = copy_of(picture, edit)
        copy = f"{group}/{edit}.{sniff(data).extension}"
        (folder / copy).write_bytes(data)
        known.files.append(copy)
        known.groups[copy].add(group)
        known.pairs[ends_of(name, copy)] = labels.Labelled("duplicate", transform=edit, group=group)
