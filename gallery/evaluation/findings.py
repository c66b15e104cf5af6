"""What the pipeline found in a library, read from its pairs."""

import csv
from collections.abc import Iterator
from pathlib import Path

from gallery.detection import reasons
from gallery.evaluation.labels import Ends, Labels, ends_of
from gallery.evaluation.library import Library
from gallery.evaluation.scores import Finding, judge
from gallery.models import Pair
from gallery.models.pair import PairQuerySet

AT_ONCE = 500

HEAD = [
    "a", "b", "tier", "score", "similarity", "pdq", "pdq_usable", "cells", "ncc", "agreeing", "document", "label",
    "judged", "sentence",
]  # fmt: skip


def _shown() -> PairQuerySet:
    """At least weak, and not left out because other pairs connect the two already."""
    compared = Pair.objects.filter(compared_at__isnull=False, tier__gte=Pair.Tier.WEAK)
    return compared.exclude(state=Pair.State.REDUNDANT)


def findings(library: Library) -> Iterator[Finding]:
    """The pairs that were compared and are at least weak, one at a time."""
    names, rows = _names(library), _shown().order_by("pk")
    for left, right, tier, score in rows.values_list("left", "right", "tier", "score").iterator(AT_ONCE):
        yield Finding(ends_of(names[left], names[right]), tier, score)


def export(path: Path, labels: Labels, library: Library) -> int:
    """Write the findings to a CSV file, the surest first. Returns how many."""
    names = _names(library)
    rows = _shown().select_related("policy").order_by("-tier", "-score", "pk")
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for pair in rows.iterator(AT_ONCE):
            one, other = names[pair.left_id], names[pair.right_id]
            known = labels.pairs.get(ends_of(one, other))
            writer.writerow(
                [
                    *(one, other, pair.get_tier_display(), _short(pair.score), _short(pair.similarity)),
                    *(pair.pdq_distance, int(pair.pdq_usable), pair.cells, _short(pair.ncc)),
                    *(_short(pair.textured_share), int(pair.document_like)),
                    *(known.label if known else "", judge(ends_of(one, other), labels), reasons.why(pair)),
                ]
            )
            count += 1
    return count


def measured(ends: Ends, library: Library) -> Pair | None:
    """The pair of two pictures, if the pipeline met it."""
    images = [library.images.get(name) for name in ends]
    if images[0] is None or images[1] is None:
        return None
    return Pair.objects.select_related("policy").filter(left=min(images), right=max(images)).first()  # type: ignore[type-var]  # neither is None


def _names(library: Library) -> dict[int, str]:
    return {image: name for name, image in library.images.items()}


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
