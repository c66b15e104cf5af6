"""What the peers and we found, and what it cost, as a section of docs/benchmarks.md."""

import datetime as dt
import os
import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.peers.folders import Labelled
from tests.benchmarks.peers.grouping import LEAST_PRECISION, Result
from tests.benchmarks.peers.running import Cost
from tests.benchmarks.timing import table


@dataclass(slots=True)
class Run:
    """One method of a program: what its default and its best threshold find. ``why`` says why there is nothing."""

    name: str
    default: Result | None = None
    best: Result | None = None
    costs: list[Cost] = field(default_factory=list)
    why: str = ""

    @property
    def cost(self) -> Cost | None:
        """The medians."""
        return _middle(self.costs) if self.costs else None


MULTIPLES = ("seconds", "processor")
"""What is told as a multiple of ours."""

HEAD = ("program", "default: found", "precision", "best: found", "precision", "time", "processor", "memory MiB")


def written(
    labelled: Labelled, ours: Run, alone: Run, runs: Sequence[Run], comparing: float, *, rounds: int, rival: str
) -> str:
    """
    The whole section.

    :param alone: the network that we and a peer share, without what either builds around it.
    :param comparing: processor seconds of our comparisons, which our time does not hold.
    :param rival: the name of the run whose time ours is measured by.
    """
    measured = [run for run in runs if not run.why]
    spent = ours.cost.processor if ours.cost else 1.0
    rows = [_row(run, ours) for run in (ours, alone, *measured)]
    missing = "".join(f"\n- {run.name}: {run.why}." for run in runs if run.why)
    cores = os.cpu_count()
    set_up = f"""
        {len(labelled.known.files):,} files with {labelled.copies:,} labelled pairs of copies: {labelled.kind}.
        {_left_out(labelled)} Every
        program is given the same folder, once at its documented default and once at the threshold of its own that finds
        most at a precision of {LEAST_PRECISION:.0%}. Findings chain into groups; a copy is found if both of its
        pictures are in one group, and precision is that of all pairs in the groups that can be judged. Times are those
        of the default, as multiples of ours."""
    ours_holds = f"""
        Our time runs from the first file at the door until the last picture was searched for, with originals and small
        copies stored, rows written and vectors in the index, by {cores} processes (medians of {rounds}); our memory is
        that of Redis, Milvus and all workers together. Candidates are compared after that, which takes
        {comparing / spent:.1f} times the processor time again and is what decides."""
    return f"""## Side by side

Written by `make bench-peers` on {dt.datetime.now(dt.UTC):%-d %B %Y}. Machine class: {cores} cores, no GPU.

{_filled(set_up)}

{table(HEAD, rows)}

{_filled(_verdict(ours, alone, measured, rival))}

{_filled(ours_holds)}

{"Not run:" + chr(10) + missing if missing else "Every program ran."}
"""


def _left_out(labelled: Labelled) -> str:
    if not labelled.refused:
        return ""
    return (
        f"{labelled.refused} files of formats that our door refuses (BMP, TIFF) are given to nobody, and their "
        f"{labelled.refused_pairs} labelled pairs are left out."
    )


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120)


def _row(run: Run, ours: Run) -> list[str]:
    cost = run.cost
    times = [f"{ratio:.2f}" for ratio in _ratios(run, ours)] if cost and ours.costs else ["", ""]
    return [
        run.name,
        *_told(run.default),
        *_told(run.best),
        *times,
        f"{cost.memory:,.0f}" if cost else "",
    ]


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))


def _ratios(run: Run, other: Run) -> list[float]:
    """
    The seconds and the processor seconds of ``run`` as multiples of those of ``other``; both have some.

    Of runs that were made in turn the median of each beside its neighbour: a slow hour slowed both. Otherwise of the
    medians.
    """
    in_turn = len(run.costs) == len(other.costs)
    beside = (run.costs, other.costs) if in_turn else ([_middle(run.costs)], [_middle(other.costs)])
    pairs = list(zip(*beside, strict=True))
    return [statistics.median(getattr(one, name) / getattr(two, name) for one, two in pairs) for name in MULTIPLES]


def _told(result: Result | None) -> tuple[str, str]:
    return ("–", "–") if result is None else (f"{result.recall:.1%}", f"{result.precision:.1%}")


def _verdict(ours: Run, alone: Run, runs: Sequence[Run], rival: str) -> str:
    """The two measures, as numbers."""
    lines = []
    good = [run for run in runs if run.best and run.best.found]
    if good:
        peer = max(good, key=lambda run: run.best.found if run.best else 0)
        assert peer.best is not None
        for words, mine in (("At our default", ours.default), ("At our best threshold", ours.best)):
            if mine:
                lines.append(
                    f"{words}, with a precision of {mine.precision:.1%}, we find "
                    f"**{mine.found / peer.best.found:.2f} times** the copies that the best of them, {peer.name}, "
                    f"finds at its best threshold."
                )
    if ours.best and alone.best and alone.best.found:
        lines.append(
            f"The network alone, given any threshold instead of its one, finds "
            f"{alone.best.found / ours.best.found:.2f} of ours."
        )
    timed = next((run for run in runs if run.name == rival), None)
    if timed and timed.costs and ours.costs:
        wall, spent = _ratios(ours, timed)
        lines.append(
            f"From upload to searched takes **{wall:.2f} times** as long as {rival}, which stores nothing, and "
            f"{spent:.2f} times its processor time."
        )
    return "\n".join(lines)
