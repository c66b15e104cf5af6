"""Uploads through the whole site and the stages alone, in turn and on the same pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.alone import Alone
from tests.benchmarks.throughput import Site
from tests.benchmarks.timing import Lap


@dataclass(frozen=True, slots=True)
class Round:
    """The same pictures: as stages alone, through the site, and as stages alone once more."""

    before: Lap
    site: Lap
    after: Lap

    @property
    def alone(self) -> Lap:
        """Both laps of the stages as one of mean length."""
        return Lap(
            self.site.pictures,
            (self.before.seconds + self.after.seconds) / 2,
            (self.before.processor + self.after.processor) / 2,
        )

    @property
    def share(self) -> float:
        """
        How much of what the site computed is the stages and, where there were any, comparisons: 0 to 1, or a little
        more by the machine's whims.
        """
        return (self.alone.processor + self.site.comparing) / self.site.processor


def run(files: Sequence[Path], alone: Alone, site: Site, *, warm: Sequence[Path], count: int) -> list[Round]:
    """
    ``count`` rounds of an equal part of ``files`` each, after one of ``warm`` for every process to load its libraries.

    The stages come before and after: a machine that others use is not equally fast all the time.
    """
    each = len(files) // count
    _round(warm, alone, site)
    return [_round(files[number * each : (number + 1) * each], alone, site) for number in range(count)]


def _round(files: Sequence[Path], alone: Alone, site: Site) -> Round:
    return Round(alone.measure(files), site.upload(files), alone.measure(files))
