"""
What is known of a folder of pictures: which of them are copies of each other.

Either a file ``pairs.csv`` says it, with the columns ``a``, ``b`` (paths below the folder) and ``label`` (duplicate,
related or different) and, if wanted, ``strength``, ``transform`` and ``group``; or every subfolder holds the copies of
one picture, and what lies beside the subfolders has no copy.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Literal, cast

from gallery.ingest.importing import files_in

Label = Literal["duplicate", "related", "different"]
LABELS = ("duplicate", "related", "different")

Half = Literal["fit", "report"]
HALVES: tuple[Half, ...] = ("fit", "report")
"""Thresholds are chosen by one half of the groups, and the other half tells how good they are."""

Ends = tuple[str, str]
"""Two paths below the folder, in the order of strings."""

NO_PICTURES = {".csv", ".md", ".txt", ".json", ".html"}
"""Descriptions beside the pictures."""


class LabelsUnreadable(Exception):
    """The text says what is wrong with the labels, and where."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is known of one pair."""

    label: Label
    strength: str = ""
    transform: str = ""
    group: str = ""


@dataclass(slots=True)
class Labels:
    """What is known of the pictures of ``folder``, by paths below it."""

    folder: Path
    files: list[str]
    pairs: dict[Ends, Labelled] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    left_out: int = 0
    """Labelled pairs of which a picture is not in the folder."""
    refused: int = 0
    """Labelled pairs of which a picture was refused: nothing can be found of what nobody could upload."""

    def of(self, label: Label) -> Iterator[tuple[Ends, Labelled]]:
        return ((ends, known) for ends, known in self.pairs.items() if known.label == label)

    def share_a_group(self, ends: Ends) -> bool:
        """Whether both are in one group: then nothing can be said of a pair that is not listed."""
        one, other = (self.groups.get(end) for end in ends)
        return bool(one and other and one & other)

    def half_of(self, name: str, *, group: str = "") -> Half:
        """
        By a hash of the name of the group, or of the picture where it has none: the same half every time, and all
        copies of one picture in one half.
        """
        key = group or min(self.groups.get(name, ()), default=name)
        return HALVES[hashlib.sha256(key.encode()).digest()[0] % 2]

    def half_of_pair(self, ends: Ends) -> Half:
        known = self.pairs.get(ends)
        return self.half_of(ends[0], group=known.group if known else "")

    def only(self, half: Half) -> "Labels":
        """What is known of the pairs of ``half``; the pictures are still all there."""
        return replace(
            self, pairs={ends: known for ends, known in self.pairs.items() if self.half_of_pair(ends) == half}
        )

    def without(self, names: Collection[str]) -> "Labels":
        """What is left when the pictures ``names`` were refused."""
        kept = {ends: known for ends, known in self.pairs.items() if not set(ends) & set(names)}
        return replace(self, pairs=kept, refused=self.refused + len(self.pairs) - len(kept))


def ends_of(one: str, other: str) -> Ends:
    return (one, other) if one < other else (other, one)


def read(folder: Path, *, pairs: Path | None = None, only: Collection[str] = (), needs_copies: bool = True) -> Labels:
    """
    The labels of ``folder``.

    :param pairs: the file with the pairs; by default ``pairs.csv`` in the folder, if there is one.
    :param only: the subfolders to look at; all of them if there is none.
    :param needs_copies: whether two pictures at least must be labelled as copies.
    :raises LabelsUnreadable: if a line of the file makes no sense, or there is nothing to find.
    """
    files = [
        name
        for name in (path.relative_to(folder).as_posix() for path in files_in(folder))
        if Path(name).suffix.lower() not in NO_PICTURES and (not only or name.split("/", 1)[0] in only)
    ]
    labels = Labels(folder, files)
    listed = pairs or (folder / "pairs.csv" if (folder / "pairs.csv").is_file() else None)
    if listed:
        _read_pairs(listed, labels)
    else:
        _take_folders(labels)
    if needs_copies and not any(True for _pair in labels.of("duplicate")):
        raise LabelsUnreadable(f"No two pictures in {folder} are labelled as copies: there is nothing to find.")
    return labels


def _read_pairs(path: Path, labels: Labels) -> None:
    there = set(labels.files)
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"a", "b", "label"} <= set(rows.fieldnames or ()):
            raise LabelsUnreadable(f"{path} needs the columns a, b and label.")
        for row in rows:
            one, other, label = row["a"], row["b"], row["label"]
            if label not in LABELS or one == other:
                raise LabelsUnreadable(
                    f"{path}, line {rows.line_num}: two different files, labelled as one of {', '.join(LABELS)}."
                )
            known = Labelled(
                cast(Label, label), row.get("strength") or "", row.get("transform") or "", row.get("group") or ""
            )
            if known.group:
                # Also of a pair whose other picture is elsewhere: it says something of the one that is here.
                labels.groups[one].add(known.group)
                labels.groups[other].add(known.group)
            if {one, other} <= there:
                labels.pairs[ends_of(one, other)] = known
            else:
                labels.left_out += 1


def _take_folders(labels: Labels) -> None:
    members: dict[str, list[str]] = defaultdict(list)
    for name in labels.files:
        if "/" in name:
            members[name.split("/", 1)[0]].append(name)
    for group, names in members.items():
        for one, other in combinations(names, 2):
            labels.pairs[ends_of(one, other)] = Labelled("duplicate", group=group)
        for name in names:
            labels.groups[name].add(group)
