"""The stored pairs by similarity, drawn on the server: an SVG needs no script."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.detection.weighing import BINS, HISTOGRAM_FROM, HISTOGRAM_TO, Bin

WIDTH = 672
HEIGHT = 196
TOP = 20
"""Room above the highest bar, for the marks' words. All in SVG units, one to the pixel at full width."""


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a bar: ``kind`` is its style."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    words: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold. Its words stand to the left where they would leave the picture on the right."""

    x: float
    words: str
    before: bool


def bars(bins: Sequence[Bin]) -> list[Bar]:
    """
    A bar a step. Heights are square roots of the counts: a thousand look-alikes near the floor would otherwise hide
    the ten pairs at the threshold. Within a bar the parts keep their proportion.
    """
    highest = max((step.total for step in bins), default=0) ** 0.5 or 1.0
    step_width = WIDTH / BINS
    return [
        Bar(
            x=round(number * step_width + 0.75, 2),
            width=round(step_width - 1.5, 2),
            words=_words(number, step),
            parts=_parts(step, (HEIGHT - TOP) * step.total**0.5 / highest),
        )
        for number, step in enumerate(bins)
    ]


def _parts(step: Bin, height: float) -> tuple[Part, ...]:
    parts, bottom = [], float(HEIGHT)
    for kind in ("copies", "different", "undecided"):
        count = getattr(step, kind)
        if count:
            tall = height * count / step.total
            bottom -= tall
            parts.append(Part(kind, round(bottom, 2), round(tall, 2)))
    return tuple(parts)


def _words(number: int, step: Bin) -> str:
    size = (HISTOGRAM_TO - HISTOGRAM_FROM) / BINS
    low = HISTOGRAM_FROM + number * size
    pairs = ngettext("%d pair", "%d pairs", step.total) % step.total
    decided = _("%(copies)d copies, %(different)d different, %(undecided)d undecided") % {
        "copies": step.copies,
        "different": step.different,
        "undecided": step.undecided,
    }
    return f"{low:.2f}–{low + size:.2f}: {pairs} ({decided})"


def mark(similarity: float, words: str) -> Mark:
    share = (similarity - HISTOGRAM_FROM) / (HISTOGRAM_TO - HISTOGRAM_FROM)
    x = round(min(1.0, max(0.0, share)) * WIDTH, 1)
    return Mark(x, words, before=x > WIDTH - 90)
