"""Measured times."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Times:
    """
    Seconds of one thing done again and again.

    By the wall's clock, or by ``time.process_time``: what this process computed, however busy the machine is.
    """

    seconds: list[float] = field(default_factory=list)
    clock: Callable[[], float] = time.perf_counter

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.seconds)

    @property
    def slow(self) -> float:
        """The 95th percentile."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, round(0.95 * len(self.seconds)))]

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Adds what the block takes."""
        started = self.clock()
        yield
        self.seconds.append(self.clock() - started)


@dataclass(frozen=True, slots=True)
class Lap:
    """
    A number of pictures brought to where it is known whom to compare them with.

    ``seconds`` are the wall's, ``processor`` those that were computed in all processes together. ``compared``: pairs
    that the verifiers looked at besides, and ``comparing`` the processor seconds that this takes.
    """

    pictures: int
    seconds: float
    processor: float
    compared: int = 0
    comparing: float = 0.0

    @property
    def each(self) -> float:
        """Processor seconds a picture."""
        return self.processor / self.pictures

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / self.seconds


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)]), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"
