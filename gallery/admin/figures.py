"""The weighing in words and numbers, as the tuning page shows it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.admin.histogram import HEIGHT, TOP, WIDTH, Mark, bars, mark
from gallery.detection.replay import Share
from gallery.detection.weighing import HISTOGRAM_FROM, HISTOGRAM_TO, Sample, Weighing
from gallery.models import Image, Pair, Policy


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval, and whether it got better: ``better``, ``worse`` or nothing."""

    value: str
    interval: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair, and its two images where they have small copies to show."""

    pair: Pair
    sides: list[Image]


@dataclass(frozen=True, slots=True)
class Shown:
    """Some pairs of many."""

    pairs: list[Seen]
    count: int


def figures(found: Weighing, draft: Policy, current: Policy) -> dict[str, Any]:
    """What the template needs to show ``found``."""
    return {
        "open_now": intcomma(found.open_now),
        "open_then": intcomma(found.open_then),
        "enter": f"+{intcomma(found.entering.count)}",
        "leave": f"−{intcomma(found.leaving.count)}",
        "hours": _hours(found.hours),
        "pace": _pace(found),
        "weighed": intcomma(found.weighed),
        "replayed": intcomma(found.then.copies + found.then.others),
        "recall_then": _estimate(found.then.recall, found.now.recall),
        "recall_now": _estimate(found.now.recall),
        "precision_then": _estimate(found.then.precision, found.now.precision),
        "precision_now": _estimate(found.now.precision),
        "entering": _shown(found.entering),
        "leaving": _shown(found.leaving),
        "bars": bars(found.bins),
        "marks": _marks(draft, current),
        "width": WIDTH,
        "height": HEIGHT,
        "top": TOP,
        "from": HISTOGRAM_FROM,
        "to": HISTOGRAM_TO,
    }


def _marks(draft: Policy, current: Policy) -> dict[str, Mark]:
    return {
        "draft": mark(draft.similarity_review, _("%(value).2f draft") % {"value": draft.similarity_review}),
        "now": mark(current.similarity_review, _("%(value).2f now") % {"value": current.similarity_review}),
    }


def _estimate(share: Share, before: Share | None = None) -> Estimate:
    if share.value is None:
        return Estimate(_("not known"), "")
    low, high = share.interval
    change = ""
    if before is not None and before.value is not None and abs(share.value - before.value) >= 0.0005:
        change = "better" if share.value > before.value else "worse"
    return Estimate(f"{share.value * 100:.1f} %", f"{low * 100:.1f}–{high * 100:.1f}", change)


def _hours(hours: float) -> str:
    seconds = abs(hours) * 3600
    if seconds < 1:
        return "0 h"
    sign = "+" if hours > 0 else "−"
    if seconds < 90:
        return f"{sign}{seconds:.0f} s"
    return f"{sign}{seconds / 60:.0f} min" if seconds < 5400 else f"{sign}{intcomma(f'{seconds / 3600:.1f}')} h"


def _pace(found: Weighing) -> str:
    seconds = round(found.seconds_per_case)
    if found.pace_measured:
        return ngettext("at %d s a case, as measured", "at %d s a case, as measured", seconds) % seconds
    return ngettext("at %d s a case, assumed", "at %d s a case, assumed", seconds) % seconds


def _shown(sample: Sample) -> Shown:
    pairs = Pair.objects.filter(pk__in=sample.chosen).select_related("left__file", "right__file")
    found = sorted(pairs, key=lambda pair: -(pair.similarity or 0.0))
    seen = [Seen(pair, [image for image in (pair.left, pair.right) if image.has_renditions]) for pair in found]
    return Shown(seen, sample.count)
