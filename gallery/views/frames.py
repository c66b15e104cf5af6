"""Where one picture lies within the other: the outline that the desk draws on the larger one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.models import Pair, StoredFile
from gallery.verification.evidence import Transformation

WHOLE = 0.97
"""The other picture shows more than this share: then an outline would only follow the edge."""

CORNERS = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float).T


@dataclass(frozen=True, kw_only=True)
class Frame:
    """In pixels of the picture that it is drawn on: its size, and the corners as SVG takes them."""

    width: int
    height: int
    points: str


@dataclass(frozen=True, kw_only=True)
class Frames:
    """``on_a`` is where B lies on A, ``on_b`` where A lies on B; None where it is the whole picture."""

    on_a: Frame | None = None
    on_b: Frame | None = None


def frames_of(pair: Pair, a: StoredFile, b: StoredFile) -> Frames:
    """The outlines of a pair whose geometry is known."""
    found = Transformation.from_dict(pair.evidence["transformation"])
    to_a = found.matrix
    return Frames(
        on_a=_frame(to_a, a) if found.first.share < WHOLE else None,
        on_b=_frame(np.linalg.inv(to_a), b) if found.second.share < WHOLE else None,
    )


def _frame(matrix: NDArray[np.floating[Any]], stored: StoredFile) -> Frame | None:
    """None if a corner lies beyond the horizon of the mapping: such an outline is no quadrilateral."""
    x, y, depth = matrix @ CORNERS
    if not (np.all(depth > 0) or np.all(depth < 0)):
        return None
    corners = zip(x / depth * stored.width, y / depth * stored.height, strict=True)
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in corners)
    return Frame(width=stored.width, height=stored.height, points=points)
