"""
Labels against findings: how many copies are found, and how many findings are right.

The copies of one picture form a tree: of n copies the pipeline flags n - 1 pairs, and does not show the others, which
say nothing new. So a pair of copies counts as *found* when the two are connected through findings of a tier or a surer
one; pairs flagged themselves are counted beside it. Precision is that of the findings, the pairs that people see.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery.detection.replay import Share
from gallery.evaluation.labels import Ends, Labels
from gallery.models import Pair

Tier = Pair.Tier
TIERS = (Tier.IDENTICAL, Tier.CERTAIN, Tier.REVIEW, Tier.WEAK)
"""The surest first."""

COPY, FALSE, UNKNOWN = "copy", "false alarm", "not judged"


@dataclass(frozen=True, slots=True)
class Finding:
    """A pair that the pipeline compared and did not only store. ``score`` orders those of one tier, 0 to 1."""

    ends: Ends
    tier: int
    score: float


@dataclass(frozen=True, slots=True)
class Point:
    """One step down the ranking of findings: recall of labelled copies, precision of the findings so far."""

    recall: float
    precision: float
    tier: int


@dataclass(frozen=True, slots=True)
class Step:
    """A tier and all surer ones together."""

    tier: int
    found: Share
    flagged_themselves: Share
    by_group: float
    """Recall averaged over the groups of copies, so that a large group counts as much as a small one."""
    right: Share
    """Of the findings that can be judged."""
    negatives: Share
    """Labelled different and flagged all the same."""


@dataclass(slots=True)
class Row:
    """The pairs of one strength and transform: how many there are, and how many are found at each tier."""

    label: str
    strength: str
    transform: str
    pairs: int = 0
    found: dict[int, int] = field(default_factory=lambda: dict.fromkeys(TIERS, 0))


@dataclass(slots=True)
class Scores:
    """All figures of one evaluation."""

    steps: list[Step]
    rows: list[Row]
    curve: list[Point]
    average_precision: float
    """
    Micro: over all findings at once, most certain first, the precision at each labelled copy that becomes found
    (Perronnin, Liu and Renders, CVPR 2009), with *found* as above.
    """
    missed: list[Ends]
    """Copies that are not connected at the tier of review, the lightest edits first."""
    false_alarms: list[Finding]
    """Flagged for review or surer, the surest first."""

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "average_precision": round(self.average_precision, 4),
            "tiers": {Tier(step.tier).name.lower(): _step_as_dict(step) for step in self.steps},
            "rows": [
                {
                    "label": row.label,
                    "strength": row.strength,
                    "transform": row.transform,
                    "pairs": row.pairs,
                    "found": {Tier(tier).name.lower(): count for tier, count in row.found.items()},
                }
                for row in self.rows
            ],
            "missed": [list(ends) for ends in self.missed],
            "false_alarms": [[*found.ends, Tier(found.tier).name.lower()] for found in self.false_alarms],
        }


def _step_as_dict(step: Step) -> dict[str, Any]:
    shares = {
        "recall": step.found,
        "flagged_themselves": step.flagged_themselves,
        "precision": step.right,
        "negatives_flagged": step.negatives,
    }
    told: dict[str, Any] = {
        name: {"part": share.part, "whole": share.whole, "interval": [round(end, 4) for end in share.interval]}
        for name, share in shares.items()
    }
    return told | {"recall_by_group": round(step.by_group, 4)}


class _Forest:
    """Which pictures are connected so far: union by size, with the members of each tree."""

    def __init__(self) -> None:
        self._root: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}

    def root(self, name: str) -> str:
        return self._root.get(name, name)

    def join(self, one: str, other: str) -> tuple[list[str], str] | None:
        """Connect both. Returns the members that came to another tree and its root; None if they were connected."""
        large, small = self.root(one), self.root(other)
        if large == small:
            return None
        if len(self._members.get(large, ())) < len(self._members.get(small, ())):
            large, small = small, large
        moved = self._members.pop(small, [small])
        self._members.setdefault(large, [large]).extend(moved)
        self._root.update(dict.fromkeys(moved, large))
        return moved, large


def judge(ends: Ends, labels: Labels) -> str:
    """Whether a finding is right. Related pictures, and members of one group that are not listed, are not judged."""
    known = labels.pairs.get(ends)
    if known is not None:
        return {"duplicate": COPY, "different": FALSE, "related": UNKNOWN}[known.label]
    return UNKNOWN if labels.share_a_group(ends) else FALSE


def score(labels: Labels, findings: Iterable[Finding]) -> Scores:
    """Weigh ``findings``, each pair once, against ``labels``."""
    ranked = sorted(findings, key=lambda found: (-found.tier, -found.score, found.ends))
    curve, connected = _walk(labels, ranked)
    direct = {found.ends: found.tier for found in ranked}
    order = {strength: place for place, strength in enumerate(("exact", "light", "moderate", "strong", "extreme"))}
    missed = [ends for ends, _known in labels.of("duplicate") if connected.get(ends, 0) < Tier.REVIEW]
    missed.sort(key=lambda ends: (order.get(labels.pairs[ends].strength, len(order)), ends))
    alarms = [found for found in ranked if found.tier >= Tier.REVIEW and judge(found.ends, labels) == FALSE]
    return Scores(
        steps=[_step(tier, labels, ranked, connected, direct) for tier in TIERS],
        rows=_rows(labels, connected, direct),
        curve=curve,
        average_precision=_average(curve),
        missed=missed,
        false_alarms=alarms,
    )


def _walk(labels: Labels, ranked: Sequence[Finding]) -> tuple[list[Point], dict[Ends, int]]:
    """Down the ranking: the curve, and for each pair of copies the tier at which the two become connected."""
    partners: dict[str, list[str]] = defaultdict(list)
    whole = 0
    for (one, other), _known in labels.of("duplicate"):
        partners[one].append(other)
        partners[other].append(one)
        whole += 1
    forest, connected = _Forest(), dict[Ends, int]()
    right = judged = 0
    curve: list[Point] = []
    for found in ranked:
        verdict = judge(found.ends, labels)
        right += verdict == COPY
        judged += verdict != UNKNOWN
        joined = forest.join(*found.ends)
        for name in joined[0] if joined else ():
            for partner in partners[name]:
                ends = (name, partner) if name < partner else (partner, name)
                if ends not in connected and forest.root(partner) == forest.root(name):
                    connected[ends] = found.tier
        if judged:
            curve.append(Point(len(connected) / whole, right / judged, found.tier))
    return curve, connected


def _average(curve: Sequence[Point]) -> float:
    total = last = 0.0
    for point in curve:
        total += (point.recall - last) * point.precision
        last = point.recall
    return total


def _step(
    tier: int, labels: Labels, ranked: Sequence[Finding], connected: dict[Ends, int], direct: dict[Ends, int]
) -> Step:
    groups: dict[str, list[bool]] = defaultdict(list)
    copies = dict(labels.of("duplicate"))
    for ends, known in copies.items():
        groups[known.group or "/".join(ends)].append(connected.get(ends, 0) >= tier)
    verdicts = [judge(found.ends, labels) for found in ranked if found.tier >= tier]
    negatives = [ends for ends, _known in labels.of("different")]
    return Step(
        tier=tier,
        found=Share(part=sum(connected.get(ends, 0) >= tier for ends in copies), whole=len(copies)),
        flagged_themselves=Share(part=sum(direct.get(ends, 0) >= tier for ends in copies), whole=len(copies)),
        by_group=sum(sum(found) / len(found) for found in groups.values()) / len(groups),
        right=Share(part=verdicts.count(COPY), whole=len(verdicts) - verdicts.count(UNKNOWN)),
        negatives=Share(part=sum(direct.get(ends, 0) >= tier for ends in negatives), whole=len(negatives)),
    )


def _rows(labels: Labels, connected: dict[Ends, int], direct: dict[Ends, int]) -> list[Row]:
    """Copies by strength and transform, as found; what is labelled different by transform, as flagged itself."""
    rows: dict[tuple[str, str, str], Row] = {}
    for ends, known in labels.pairs.items():
        if known.label == "related":
            continue
        key = (known.label, known.strength, known.transform)
        row = rows.setdefault(key, Row(*key))
        row.pairs += 1
        reached = (connected if known.label == "duplicate" else direct).get(ends, 0)
        for tier in TIERS:
            row.found[tier] += reached >= tier
    return [rows[key] for key in sorted(rows, key=lambda key: (key[0] != "duplicate", key[1:]))]
