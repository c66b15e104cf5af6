"""
What a draft of the policy would change, answered before anything is saved.

One pass over the stored signals: no search is run again and no picture is opened. Memory does not grow with the
library.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from gallery.detection.pace import seconds_per_case
from gallery.detection.replay import Replay
from gallery.detection.scoring import Signals, flagged, tier
from gallery.models import Case, Pair, Policy

CHUNK = 2000
SAMPLE = 6
"""Pairs shown of those that enter and of those that leave."""

BINS = 56
HISTOGRAM_FROM = 0.30
HISTOGRAM_TO = 1.0

SIGNALS = [found.name for found in fields(Signals)]
State = Pair.State
COPY = {State.MERGED, State.INTENTIONAL}
DECIDED = COPY | {State.DIFFERENT}
WEIGHED = [State.OPEN, State.UNFLAGGED, State.REDUNDANT, *sorted(DECIDED)]


@dataclass(slots=True)
class Sample:
    """Some of many, each as likely as any other: Vitter's algorithm R (1985)."""

    rng: random.Random
    count: int = 0
    chosen: list[int] = field(default_factory=list)

    def add(self, pair: int) -> None:
        self.count += 1
        if len(self.chosen) < SAMPLE:
            self.chosen.append(pair)
        elif (place := self.rng.randrange(self.count)) < SAMPLE:
            self.chosen[place] = pair


@dataclass(slots=True)
class Bin:
    """Pairs whose similarity falls in one step of the histogram."""

    copies: int = 0
    different: int = 0
    undecided: int = 0

    @property
    def total(self) -> int:
        return self.copies + self.different + self.undecided


@dataclass(kw_only=True)
class Weighing:
    """The answer. Counts are of pairs; ``hours`` is the work of people that the change brings or saves."""

    weighed: int = 0
    open_now: int = 0
    entering: Sample
    leaving: Sample
    now: Replay = field(default_factory=Replay)
    then: Replay = field(default_factory=Replay)
    bins: list[Bin] = field(default_factory=lambda: [Bin() for _step in range(BINS)])
    seconds_per_case: float = 0.0
    pairs_per_case: float = 1.0
    pace_measured: bool = False

    @property
    def open_then(self) -> int:
        return self.open_now + self.entering.count - self.leaving.count

    @property
    def hours(self) -> float:
        cases = (self.open_then - self.open_now) / self.pairs_per_case
        return cases * self.seconds_per_case / 3600


def weigh(draft: Policy, current: Policy) -> Weighing:
    """
    Compare ``draft``, saved or not, with ``current`` on every pair that was compared.

    Pairs that other pairs connect already stay out of the queue under both. Verdicts that were inferred through a
    merge, and pairs decided as related, are no yardstick and left out of the replay.
    """
    # The same draft shows the same pairs.
    found = Weighing(entering=Sample(random.Random(1)), leaving=Sample(random.Random(2)))  # noqa: S311 - no secret
    for pk, state, premise, signals in _rows():
        flagged_now = flagged(tier(signals, current), current)
        flagged_then = flagged(tier(signals, draft), draft)
        found.weighed += 1
        _count_bin(found, signals.similarity, state)
        if state == State.OPEN:
            found.open_now += 1
            if not flagged_then:
                found.leaving.add(pk)
        elif state == State.UNFLAGGED and flagged_then:
            found.entering.add(pk)
        elif state in DECIDED and premise is None:
            found.now.add(copy=state in COPY, flagged=flagged_now)
            found.then.add(copy=state in COPY, flagged=flagged_then)
    found.seconds_per_case, found.pace_measured = seconds_per_case(current)
    cases = Case.objects.open().count()
    found.pairs_per_case = max(1.0, found.open_now / cases) if cases else 1.0
    return found


def _rows() -> Iterator[tuple[int, str, int | None, Signals]]:
    pairs = Pair.objects.filter(state__in=WEIGHED, compared_at__isnull=False).order_by()
    for pk, state, premise, *values in pairs.values_list("pk", "state", "premise", *SIGNALS).iterator(CHUNK):
        yield pk, state, premise, Signals(**dict(zip(SIGNALS, values, strict=True)))


def _count_bin(found: Weighing, similarity: float | None, state: str) -> None:
    if similarity is None or similarity < HISTOGRAM_FROM:
        return
    place = int((similarity - HISTOGRAM_FROM) / (HISTOGRAM_TO - HISTOGRAM_FROM) * BINS)
    step = found.bins[min(place, BINS - 1)]
    if state in COPY:
        step.copies += 1
    elif state == State.DIFFERENT:
        step.different += 1
    else:
        step.undecided += 1
