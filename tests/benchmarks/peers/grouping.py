"""
What a program's findings are worth: the copies that are found, and how many of the pairs in its groups are right.

Programs tell pairs or groups. Pairs chain into groups, as they do on a person's screen, and then every program is
judged alike: a labelled pair of copies is *found* when both are in one group, and precision is that of all pairs in the
groups which can be judged. One wrong link between two groups counts as many times as it joins pictures.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, product

Pair = tuple[str, str, float]
"""Two names and how sure the program is of them, larger is surer."""

Judge = Callable[[str, str], str]
"""``copy``, ``false alarm`` or anything else for a pair that cannot be judged."""

LEAST_PRECISION = 0.99


@dataclass(frozen=True, slots=True)
class Result:
    """The state of the groups at one threshold: ``found`` copies of ``copies``, and the judged pairs in the groups."""

    threshold: float
    found: int
    copies: int
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.copies


def pairs_of(groups: Iterable[Sequence[str]]) -> list[Pair]:
    """Links that make the same groups, all equally sure."""
    return [(group[0], other, 1.0) for group in groups for other in group[1:]]


def walk(pairs: Iterable[Pair], judge: Judge, *, copies: int) -> list[Result]:
    """
    The groups as the threshold goes down, one result for each value that occurs.

    :param copies: how many pairs are labelled as copies.
    """
    members: dict[str, list[str]] = {}
    home: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    results = []
    ranked = sorted(pairs, key=lambda pair: -pair[2])
    for threshold, level in groupby(ranked, key=lambda pair: pair[2]):
        for one, other, _sure in level:
            large, small = home.get(one, one), home.get(other, other)
            if large == small:
                continue
            if len(members.get(large, ())) < len(members.get(small, ())):
                large, small = small, large
            moved, there = members.pop(small, [small]), members.setdefault(large, [large])
            for joined in product(moved, there):
                counts[judge(*joined)] += 1
            there += moved
            home.update(dict.fromkeys(moved, large))
        right, wrong = counts["copy"], counts["false alarm"]
        results.append(Result(threshold, right, copies, right, wrong))
    return results


def at(results: Sequence[Result], threshold: float, *, copies: int) -> Result:
    """The groups of everything that is at least as sure as ``threshold``."""
    reached = [result for result in results if result.threshold >= threshold]
    return reached[-1] if reached else Result(threshold, 0, copies, 0, 0)


def best(results: Sequence[Result], *, precision: float = LEAST_PRECISION) -> Result | None:
    """The threshold that finds most at that precision; None if none reaches it."""
    good = [result for result in results if result.precision >= precision]
    return max(good, key=lambda result: (result.found, result.precision), default=None)
