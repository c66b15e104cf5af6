"""Copies made of some of a library's pictures by each of the 46 edits: which are found, and what else is."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from gallery.detection import scoring, sight
from gallery.detection.candidates import Candidate
from gallery.detection.replay import Share
from gallery.evaluation import copies, matching
from gallery.evaluation.labels import Half, Labels, ends_of
from gallery.evaluation.ledger import Ledger, Row
from gallery.evaluation.library import Library
from gallery.evaluation.matching import Site, Tried
from gallery.evaluation.scores import FALSE, judge
from gallery.models import Image, Pair

Tier = Pair.Tier
TIERS = (Tier.IDENTICAL, Tier.CERTAIN, Tier.REVIEW)

Watch = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A copy of ``original`` by ``edit``, and what the site made of it and the picture ``other``."""

    edit: str
    original: str
    other: str
    right: bool
    signals: scoring.Signals
    tier: int


@dataclass(slots=True)
class Tally:
    """The copies of one edit, and how many are found at least at each tier."""

    copies: int = 0
    met: int = 0
    found: dict[int, int] = field(default_factory=lambda: dict.fromkeys(TIERS, 0))

    def share(self, tier: int) -> Share:
        return Share(part=self.found[tier], whole=self.copies)

    def add(self, other: "Tally") -> None:
        self.copies, self.met = self.copies + other.copies, self.met + other.met
        for tier in TIERS:
            self.found[tier] += other.found[tier]


@dataclass(slots=True)
class Generated:
    """Everything that was met. A meeting with a picture of the original's own group is not judged and not in it."""

    originals: list[str]
    meetings: list[Meeting]

    def tallies(self) -> dict[str, Tally]:
        """By edit, in the order in which they are made."""
        told = {edit: Tally(copies=len(self.originals)) for edit in copies.ALL}
        for meeting in self.meetings:
            if meeting.right:
                told[meeting.edit].met += 1
                for tier in TIERS:
                    told[meeting.edit].found[tier] += meeting.tier >= tier
        return told

    def precision(self, tier: int) -> Share:
        """Of the findings at ``tier`` or surer, those that are of the copied picture."""
        found = [meeting.right for meeting in self.meetings if meeting.tier >= tier]
        return Share(part=sum(found), whole=len(found))

    def false_alarms(self) -> list[Meeting]:
        """Flagged for review or surer with another picture, the surest first."""
        wrong = [met for met in self.meetings if not met.right and met.tier >= Tier.REVIEW]
        return sorted(wrong, key=lambda met: (-met.tier, -scoring.score(met.signals), met.edit, met.original))


def make(
    labels: Labels,
    library: Library,
    *,
    count: int,
    half: Half | None = None,
    watch: Watch = list,
    kept: Path | None = None,
) -> Generated:
    """
    Copy ``count`` pictures of the library by every edit, search for each copy and compare it with what is met.

    Which pictures: the first by a hash of their names, of ``half`` if one is given, so that they are the same each
    time. The copies are not kept: each is searched for as if it were the first.

    :param kept: a file in which what was met is written down, picture by picture, and looked up first.
    :raises Unavailable: if the index is down.
    """
    names = sorted(library.images, key=lambda name: sha256(name.encode()).digest())
    chosen = [name for name in names if half is None or labels.half_of(name) == half][:count]
    site, meetings = Site.in_force(), list[Meeting]()
    ledger = Ledger(kept, among=len(library.images))
    owners = {image: name for name, image in library.images.items()}
    for original in watch(chosen):
        rows = ledger.of(original)
        if rows is None:
            rows = list(_rows(original, library, owners, site))
            ledger.add(original, rows)
        for row in rows:
            signals = scoring.Signals(**row["signals"])
            if row["right"] or judge(ends_of(original, row["other"]), labels) == FALSE:
                found = {**row, "signals": signals, "tier": scoring.tier(signals, site.policy)}
                meetings.append(Meeting(original=original, **found))
    return Generated(chosen, meetings)


def _rows(original: str, library: Library, owners: dict[int, str], site: Site) -> Iterator[Row]:
    """What the copies of one picture meet: fit for JSON."""
    image = _image(library.images[original])
    assert image.file is not None
    shown = sight.picture_of(image.file.rendition_key("view", "jpg"))
    for edit in copies.ALL:
        (tried,) = matching.look_at([copies.copy_of(shown, edit)], site)
        for other, signals in _met(tried, image, site):
            told = {"edit": edit, "other": owners[other], "right": other == image.pk}
            yield told | {"signals": asdict(signals)}


def _image(pk: int) -> Image:
    return Image.objects.select_related("file__fingerprint", "file__image").get(pk=pk)


def _met(tried: Tried, image: Image, site: Site) -> Iterable[tuple[int, scoring.Signals]]:
    """The images that the site would compare the file with, as many as the policy says, and their signals."""
    for candidate in matching.neighbours(tried, site).nearest(site.policy.neighbours):
        yield candidate.image, _compared(tried, image, candidate, site)


def _compared(tried: Tried, image: Image, candidate: Candidate, site: Site) -> scoring.Signals:
    other = image if candidate.image == image.pk else _image(candidate.image)
    return matching.compare(tried, other, candidate, site.policy)


def as_text(found: Generated) -> str:
    """The figures as a table for a terminal."""
    tallies, whole = found.tallies(), Tally()
    for tally in tallies.values():
        whole.add(tally)
    heads = ("met", *(str(tier.label) for tier in TIERS))
    lines = [f"{len(found.originals)} pictures, {whole.copies} copies", ""]
    lines.append(f"{'edit':<18}{'copies':>7}" + "".join(f"{head:>11}" for head in heads) + "   likely, 95 % interval")
    for name, tally in (*tallies.items(), ("all", whole)):
        met = f"{tally.met / max(1, tally.copies):>11.1%}"
        shares = "".join(f"{tally.found[tier] / max(1, tally.copies):>11.1%}" for tier in TIERS)
        low, high = tally.share(Tier.REVIEW).interval
        lines.append(f"{name:<18}{tally.copies:>7}{met}{shares}   {low:.1%} – {high:.1%}")
    for tier in TIERS:
        right = found.precision(tier)
        low, high = right.interval
        lines.append(f"findings right, {tier.label}: {right.part} of {right.whole} ({low:.2%} – {high:.2%})")
    return "\n".join(lines)


def as_dict(found: Generated) -> dict[str, Any]:
    """Fit for JSON."""
    return {
        "originals": len(found.originals),
        "edits": {
            name: {
                "copies": tally.copies,
                "met": tally.met,
                "found": {Tier(tier).name.lower(): tally.found[tier] for tier in TIERS},
            }
            for name, tally in found.tallies().items()
        },
        "precision": {
            Tier(tier).name.lower(): {"part": share.part, "whole": share.whole}
            for tier in TIERS
            for share in [found.precision(tier)]
        },
        "false_alarms": [
            [met.edit, met.original, met.other, Tier(met.tier).name.lower()] for met in found.false_alarms()
        ],
    }


def export(path: Path, found: Generated) -> int:
    """Write every meeting with its signals to a CSV file. Returns how many."""
    names = [signal.name for signal in fields(scoring.Signals)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["edit", "original", "other", "right", "tier", *names])
        for met in found.meetings:
            signals = [getattr(met.signals, name) for name in names]
            writer.writerow([met.edit, met.original, met.other, int(met.right), Tier(met.tier).name.lower(), *signals])
    return len(found.meetings)
