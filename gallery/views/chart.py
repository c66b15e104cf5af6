"""Decisions by day, drawn on the server: an SVG needs no script. The numbers stand in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gallery.review.figures import Day

WIDTH = 600
HEIGHT = 120
TOP = 18
"""Room for the number over the highest bar. All in SVG units."""

GAP = 4


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One day. The person's own part stands at the foot."""

    day: Day
    words: str
    x: float
    width: float
    y: float
    height: float
    own_y: float
    own_height: float
    is_highest: bool
    middle: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: list[Bar]
    width: int
    height: int
    summary: str
    first: str
    last: str


def chart_of(days: Sequence[Day]) -> Chart:
    """``days`` is one or more, oldest first."""
    highest = max(day.total for day in days)
    step = WIDTH / len(days)
    peak = next((day for day in days if day.total == highest), days[-1])
    total = sum(day.total for day in days)
    return Chart(
        bars=[_bar(day, number * step, step, highest, is_highest=day is peak) for number, day in enumerate(days)],
        width=WIDTH,
        height=HEIGHT,
        summary=_("%(total)s decisions in %(days)s days, %(mine)s of them yours. The most on one day: %(highest)s.")
        % {"total": total, "days": len(days), "mine": sum(day.mine for day in days), "highest": highest},
        first=date_format(days[0].date, "j M"),
        last=date_format(days[-1].date, "j M"),
    )


def _bar(day: Day, x: float, step: float, highest: int, *, is_highest: bool) -> Bar:
    scale = (HEIGHT - TOP) / max(highest, 1)
    height, own = day.total * scale, day.mine * scale
    return Bar(
        day=day,
        words=_("%(date)s: %(total)s, yours %(mine)s")
        % {"date": date_format(day.date, "j M"), "total": day.total, "mine": day.mine},
        x=round(x + GAP / 2, 2),
        width=round(step - GAP, 2),
        y=round(HEIGHT - height, 2),
        height=round(height, 2),
        own_y=round(HEIGHT - own, 2),
        own_height=round(own, 2),
        is_highest=is_highest and highest > 0,
        middle=round(x + step / 2, 2),
    )
