"""Past human verdicts as a yardstick for thresholds: how many copies are found, how many flags are right."""

import math
from dataclasses import dataclass

Z = 1.959964
"""Two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``part`` of ``whole``, with the 95 % interval of Wilson (1927): right also for few cases and near 0 and 1."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """0 to 1; None where nothing was counted."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends, 0 to 1; the whole range where nothing was counted."""
        if not self.whole:
            return 0.0, 1.0
        share, n = self.part / self.whole, self.whole
        centre = share + Z * Z / (2 * n)
        spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        denominator = 1 + Z * Z / n
        return max(0.0, (centre - spread) / denominator), min(1.0, (centre + spread) / denominator)


@dataclass(slots=True, kw_only=True)
class Replay:
    """What a policy would have said of the pairs that people decided."""

    copies: int = 0
    copies_flagged: int = 0
    others: int = 0
    others_flagged: int = 0

    def add(self, *, copy: bool, flagged: bool) -> None:
        if copy:
            self.copies += 1
            self.copies_flagged += flagged
        else:
            self.others += 1
            self.others_flagged += flagged

    @property
    def recall(self) -> Share:
        """Of the copies that people confirmed, those flagged."""
        return Share(part=self.copies_flagged, whole=self.copies)

    @property
    def precision(self) -> Share:
        """Of the flagged pairs that people decided, those that were copies."""
        return Share(part=self.copies_flagged, whole=self.copies_flagged + self.others_flagged)
