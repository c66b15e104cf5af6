"""
The evaluation as one HTML file with everything in it: figures, the curve, and the pictures that went wrong.

It is a file for whoever ran the evaluation, not a page of the site: nothing of it is uploaded anywhere.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import timezone

from gallery import store
from gallery.detection import reasons
from gallery.evaluation import findings
from gallery.evaluation.labels import Ends, Labels
from gallery.evaluation.library import Library
from gallery.evaluation.scores import TIERS, Point, Scores
from gallery.images.renditions import RENDITIONS
from gallery.models import Image, Pair

SHOWN = 30
"""Misses and false alarms that are shown as pictures; the export lists all."""

CURVE_SIDE = 300.0
"""Of the curve's field, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Two pictures side by side, and what is known of them. The pictures are data URIs, empty if there is none."""

    names: Ends
    pictures: tuple[str, str]
    label: str
    figures: str
    sentence: str


def write(path: Path, labels: Labels, library: Library, scores: Scores, *, title: str) -> None:
    """Write the report to ``path``."""
    template = Engine(autoescape=True).from_string(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
    context = {
        "title": title,
        "at": timezone.now(),
        "files": len(library.images),
        "refused": sorted(library.refused.items()),
        "left_out": labels.left_out,
        "pairs_refused": labels.refused,
        "steps": [_step(step) for step in scores.steps],
        "tiers": [Pair.Tier(tier).label for tier in TIERS],
        "rows": [
            {"row": row, "shares": [f"{row.found[tier] / row.pairs:.0%}" for tier in TIERS]} for row in scores.rows
        ],
        "average_precision": f"{scores.average_precision:.4f}",
        "line": outline(scores.curve),
        "side": CURVE_SIDE,
        "ticks": [(f"{share:.0%}", share * CURVE_SIDE, (1 - share) * CURVE_SIDE) for share in (0, 0.25, 0.5, 0.75, 1)],
        "missed_count": len(scores.missed),
        "missed": [_shown(ends, labels, library) for ends in scores.missed[:SHOWN]],
        "alarm_count": len(scores.false_alarms),
        "alarms": [_shown(found.ends, labels, library) for found in scores.false_alarms[:SHOWN]],
    }
    path.write_text(template.render(Context(context)), encoding="utf-8")


def _step(step: Any) -> dict[str, Any]:
    shares = (step.found, step.flagged_themselves, step.right, step.negatives)
    return {
        "tier": Pair.Tier(step.tier).label,
        "shares": [_share(share) for share in shares],
        "by_group": f"{step.by_group:.1%}",
    }


def _share(share: Any) -> dict[str, str]:
    if share.value is None:
        return {"value": "–", "interval": "", "counts": ""}
    low, high = share.interval
    return {
        "value": f"{share.value:.1%}",
        "interval": f"{low:.1%} – {high:.1%}",
        "counts": f"{share.part} of {share.whole}",
    }


def outline(curve: Sequence[Point]) -> str:
    """The curve as the points of an SVG polyline: recall to the right, precision upwards, about 400 at most."""
    kept = curve[:: max(1, len(curve) // 400)]
    if curve and kept[-1] is not curve[-1]:
        kept = [*kept, curve[-1]]
    return " ".join(f"{point.recall * CURVE_SIDE:.1f},{(1 - point.precision) * CURVE_SIDE:.1f}" for point in kept)


def _shown(ends: Ends, labels: Labels, library: Library) -> Shown:
    pair, known = findings.measured(ends, library), labels.pairs.get(ends)
    told = [known.label, known.strength, known.transform] if known else ["not listed"]
    return Shown(
        names=ends,
        pictures=(_picture(ends[0], library), _picture(ends[1], library)),
        label=" · ".join(part for part in told if part),
        figures=_figures(pair),
        sentence=""
        if pair is None or pair.compared_at is None
        else reasons.why(pair, left="The older", right="the newer"),
    )


def _figures(pair: Pair | None) -> str:
    if pair is None:
        return "The search did not bring the two together."
    if pair.compared_at is None:
        return "Not compared: other pairs had connected the two."
    parts = [str(pair.get_tier_display())]
    if pair.similarity is not None:
        parts.append(f"similarity {pair.similarity:.2f}")
    if pair.pdq_distance is not None:
        parts.append(f"PDQ {pair.pdq_distance}" + ("" if pair.pdq_usable else " (not usable)"))
    if pair.cells:
        parts.append(f"{pair.cells} places, correlation {pair.ncc or 0:.2f}, agreeing {pair.textured_share or 0:.2f}")
    if pair.document_like:
        parts.append("document-like")
    return " · ".join(parts)


def _picture(name: str, library: Library) -> str:
    if name not in library.images:
        return ""
    image = Image.objects.select_related("file__image").get(pk=library.images[name])
    assert image.file is not None
    thumb = RENDITIONS["thumb"]
    data = store.get(image.file.rendition_key("thumb", thumb.extension))
    return f"data:{thumb.content_type};base64,{base64.b64encode(data).decode()}"


def as_text(labels: Labels, library: Library, scores: Scores) -> str:
    """The figures as tables for a terminal."""
    lines = [
        f"{len(library.images)} pictures, {len(library.refused)} refused",
        f"{len(labels.pairs)} labelled pairs, {labels.refused} more of refused pictures, {labels.left_out} of missing",
    ]
    lines.append(f"Micro average precision: {scores.average_precision:.4f}")
    lines.append("")
    heads = ("tier", "copies found", "by group", "flagged themselves", "findings right", "negatives flagged")
    lines.append("".join(f"{head:<24}" for head in heads).rstrip())
    for step in scores.steps:
        told = _step(step)
        shares = (" ".join((share["value"], share["counts"])).strip() for share in told["shares"])
        found, themselves, right, negatives = shares
        cells = (str(told["tier"]), found, told["by_group"], themselves, right, negatives)
        lines.append("".join(f"{cell:<24}" for cell in cells).rstrip())
    lines.append("")
    lines.append(f"{'pairs':>6}" + "".join(f"{Pair.Tier(tier).label:>11}" for tier in TIERS) + "  what")
    for row in scores.rows:
        found = "".join(f"{row.found[tier] / row.pairs:>11.0%}" for tier in TIERS)
        what = ", ".join(part for part in (row.label, row.strength, row.transform) if part)
        lines.append(f"{row.pairs:>6}{found}  {what}")
    return "\n".join(lines)
