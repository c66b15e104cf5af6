"""Two pictures made comparable for the eye: one laid onto the other, and what differs in red."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.pictures import Picture, checked
from gallery.verification.appearance import lay, overlay
from gallery.verification.changes import find_changes
from gallery.verification.evidence import Transformation
from gallery.verification.geometry import Matrix, frame, inverse
from gallery.verification.negatives import invert
from gallery.verification.transformation import ALL

RED = (226, 58, 58)


@dataclass(frozen=True, eq=False)
class Aligned:
    """
    A picture in the other one's frame. ``shown`` is bool, shape ``(h, w)``: where it has pixels; the rest is black, to
    be drawn transparent.
    """

    picture: Picture
    shown: NDArray[np.bool_]

    def rgba(self) -> NDArray[np.uint8]:
        """uint8, shape ``(h, w, 4)``."""
        return np.dstack([self.picture, self.shown.astype(np.uint8) * 255])


def align(
    first: Picture, second: Picture, transformation: Transformation, *, side: Literal["first", "second"] = "second"
) -> Aligned:
    """
    Lay the picture of ``side`` onto the other one, at the other one's size. Its colours are its own: a negative stays
    one.

    :param first: of any size, as long as it is the whole picture that the evidence is about; so ``second``.
    """
    matrix = pixel_matrix(first, second, transformation)
    moved, still = (second, first) if side == "second" else (first, second)
    laid, inside = lay(moved, matrix if side == "second" else inverse(matrix), still.shape[:2])
    laid = np.where(inside[..., None], laid, np.uint8(0))
    return Aligned(checked(laid), inside)


def pixel_matrix(first: Picture, second: Picture, transformation: Transformation) -> Matrix:
    """The mapping of the second picture's pixels onto the first's, at the sizes in hand."""
    (height, width), (rows, columns) = first.shape[:2], second.shape[:2]
    matrix = frame((width, height)) @ transformation.matrix @ inverse(frame((columns, rows)))
    return np.asarray(matrix / matrix[2, 2], np.float64)


def difference(first: Picture, second: Picture, transformation: Transformation) -> Picture:
    """
    The first picture, dimmed, with what the second one changed in red.

    The tones are matched before, so a brighter copy does not light up; nor does a negative, which is inverted back.
    What the second picture does not show is dimmed further, and a white line is drawn around what it does.
    """
    matrix = pixel_matrix(first, second, transformation)
    laid = overlay(first, invert(second) if transformation.inverted else second, matrix)
    changes = find_changes(laid)
    size = (first.shape[1], first.shape[0])
    strength, where = (
        cv2.warpPerspective(layer, laid.to_first, size, flags=cv2.INTER_LINEAR).astype(np.float32)
        for layer in (changes.strength, changes.where.astype(np.uint8) * 255)
    )
    shown = cv2.warpPerspective(laid.shared.astype(np.uint8), laid.to_first, size, flags=cv2.INTER_NEAREST)
    dimmed = first * np.where(shown > 0, 0.45, 0.2)[..., None]
    # What counts is at least half red; the stronger the difference, the redder.
    redness = (where / 255 * (0.55 + 0.45 * (strength / 128).clip(0, 1)))[..., None]
    canvas = (dimmed * (1 - redness) + np.array(RED) * redness).round().astype(np.uint8)
    if shown.mean() < ALL:
        thickness = max(1, round(max(size) / 400))
        outlines, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(canvas, outlines, -1, (255, 255, 255), thickness, cv2.LINE_AA)
    return checked(canvas)
