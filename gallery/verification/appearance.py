"""Two pictures laid onto each other: do they agree, in which tone, and where not?"""

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.pictures import Picture
from gallery.verification.geometry import Matrix, corners, inverse, jacobian, project

GRID = 8
TEXTURE = 6.0
"""Standard deviation, in grey levels of 255, from which a cell of the grid has something to correlate."""

AGREEING = 0.5
"""Correlation from which a textured cell counts as the same."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Overlay:
    """
    Two pictures in one frame: that of the coarser one, because the finer one loses nothing there that both have.

    ``first`` and ``second`` are uint8, shape ``(h, w, 3)``, RGB; ``shared`` is where both have pixels.
    ``to_first`` and ``to_second`` map the frame's pixels onto each picture.
    """

    first: Pixels
    second: Pixels
    shared: Mask
    to_first: Matrix
    to_second: Matrix
    has_gaps: bool = False
    """Whether the empty corners that turning a picture leaves were cut out of what is shared."""

    def swapped(self) -> "Overlay":
        """The same overlay with the pictures' roles exchanged."""
        return Overlay(self.second, self.first, self.shared, self.to_second, self.to_first, self.has_gaps)


@dataclass(frozen=True)
class Agreement:
    """Normalised cross-correlations, -1 to 1; see :class:`gallery.verification.evidence.Evidence`."""

    ncc: float
    ncc_overall: float
    textured_share: float


def overlay(first: Picture, second: Picture, matrix: Matrix) -> Overlay:
    """Lay ``second`` onto ``first``; ``matrix`` maps its pixels onto theirs."""
    into_second = growth(matrix, second) > 1.05
    moved, still, way = (first, second, inverse(matrix)) if into_second else (second, first, matrix)
    laid, inside = lay(moved, way, still.shape[:2])
    slant = _slant(way, moved)
    has_gaps = slant >= 1
    if has_gaps:
        size = (still.shape[1], still.shape[0])
        gaps = cv2.warpPerspective(_empty_corners(moved, slant), way, size, flags=cv2.INTER_NEAREST)
        inside &= (gaps == 0) & (_empty_corners(still, slant) == 0)
    if into_second:
        return Overlay(laid, second, inside, matrix, np.eye(3), has_gaps)
    return Overlay(first, laid, inside, np.eye(3), inverse(matrix), has_gaps)


def _slant(matrix: Matrix, picture: Picture) -> float:
    """By how many degrees, 0 to 45, ``matrix`` turns ``picture`` besides quarter turns."""
    middle = corners((picture.shape[1], picture.shape[0])).mean(axis=0)
    along = jacobian(matrix, middle)[:, 0]
    angle = float(np.degrees(np.arctan2(along[1], along[0]))) % 90
    return min(angle, 90 - angle)


def _empty_corners(picture: Picture, slant: float) -> Pixels:
    """
    1 in the triangles of one colour that turning a picture by ``slant`` degrees leaves in its corners, else 0.

    A plain sky or a dark floor fills corners, too: so the ground must be the same in all four, and the triangles' sides
    must tell the angle, in one of each two opposite corners at least.
    """
    height, width = picture.shape[:2]
    empty = np.zeros((height, width), np.uint8)
    places = [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)]
    grounds = np.array([picture[y, x] for x, y in places], np.int32)
    if np.ptp(grounds, axis=0).max() > 16:
        return empty
    legs = [_legs(picture, x, y, slant) for x, y in places]
    for index, (x, y) in enumerate(places):
        leg = legs[index] or legs[(index + 2) % 4]
        if leg is None:
            return np.zeros((height, width), np.uint8)
        across, down = (-leg[0] if x else leg[0]), (-leg[1] if y else leg[1])
        cv2.fillConvexPoly(empty, np.array([(x, y), (x + across, y), (x, y + down)], np.int32), (1,))
    # The seam is a mixture of both.
    return cv2.dilate(empty, np.ones((5, 5), np.uint8)).astype(np.uint8, copy=False)


def _legs(picture: Picture, x: int, y: int, slant: float) -> tuple[int, int] | None:
    """How far the colour of the corner (x, y) reaches along both edges, if that forms the angle ``slant``."""
    inset = 3  # the outermost pixels are often all ground
    if min(picture.shape[:2]) < 8 * inset:
        return None
    ground = picture[y, x].astype(np.int32)
    runs: list[int] = []
    for line in (picture[y - inset if y else inset], picture[:, x - inset if x else inset]):
        off = np.abs(line.astype(np.int32) - ground).max(axis=1) > 10
        other = np.flatnonzero(off[::-1] if (y if runs else x) else off)
        runs.append(int(other[0]) if len(other) else len(line))
    for ratio in (np.tan(np.radians(slant)), 1 / np.tan(np.radians(slant))):
        across, down = runs[0] + inset * ratio, runs[1] + inset / ratio
        # The thin ends of a triangle are known to a few pixels only.
        if min(runs) > 0 and abs(across - down * ratio) <= 2 + 0.2 * min(across, down * ratio):
            return round(across), round(down)
    return None


def growth(matrix: Matrix, picture: Picture) -> float:
    """How many pixels, along a side, one pixel in the middle of ``picture`` becomes under ``matrix``."""
    middle = corners((picture.shape[1], picture.shape[0])).mean(axis=0)
    return float(np.sqrt(abs(np.linalg.det(jacobian(matrix, middle)))))


def lay(picture: Picture, matrix: Matrix, shape: tuple[int, ...]) -> tuple[Pixels, Mask]:
    """
    Warp ``picture`` by ``matrix`` into a frame of ``shape`` (height, width).

    :returns: uint8 ``(height, width, 3)`` and where it has pixels, less a rim of two pixels.
    """
    size = (shape[1], shape[0])
    source: cv2.typing.MatLike = picture
    shrink = 1 / max(growth(matrix, picture), 1e-6)
    if shrink > 1.2:  # a warp samples single pixels: without this, shrinking would show every moiré
        source = cv2.GaussianBlur(picture, (0, 0), 0.5 * float(np.sqrt(shrink**2 - 1)))
    warped = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    outline = project(matrix, corners((picture.shape[1], picture.shape[0])))
    inside = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, np.round(outline * 16).astype(np.int32), (1,), shift=4)
    inside = cv2.erode(inside, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
    return warped.astype(np.uint8, copy=False), inside.astype(np.bool_)


def agree(laid: Overlay, *, aside: Mask | None = None) -> Agreement | None:
    """
    How well two overlaid pictures correlate; None if they share too little or nothing textured to tell.

    :param aside: bool, shape ``(h, w)``: what is not to be judged, with a rim of some pixels.
    """
    if aside is not None:
        reach = max(5, round(max(aside.shape) / 100)) | 1
        widened = cv2.dilate(aside.astype(np.uint8), np.ones((reach, reach), np.uint8))
        laid = replace(laid, shared=laid.shared & (widened == 0))
    first, second = (_soft_grey(picture) for picture in (laid.first, laid.second))
    overall = _correlation(first[laid.shared], second[laid.shared])
    cells = [_correlation(one, two) for one, two in _textured(first, second, laid.shared)]
    if overall is None or not cells:
        return None
    values = np.array([0.0 if cell is None else cell for cell in cells])
    return Agreement(
        ncc=float(np.median(values)),
        ncc_overall=overall,
        textured_share=float((values > AGREEING).mean()),
    )


def _soft_grey(picture: Pixels) -> Floats:
    # Softened a little: a tenth of a pixel of misalignment must not cost fine texture its correlation.
    return cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0).astype(
        np.float32
    )


def _textured(first: Floats, second: Floats, shared: Mask) -> list[tuple[Floats, Floats]]:
    """The shared pixels of both pictures in each cell of the grid in which at least one of them has texture."""
    rows, columns = (np.flatnonzero(shared.any(axis=axis)) for axis in (1, 0))
    if len(rows) < GRID * 2 or len(columns) < GRID * 2:
        return []
    down = np.linspace(rows[0], rows[-1] + 1, GRID + 1).astype(int)
    across = np.linspace(columns[0], columns[-1] + 1, GRID + 1).astype(int)
    cells = []
    for top, bottom in pairwise(down):
        for left, right in pairwise(across):
            inside = shared[top:bottom, left:right]
            if inside.mean() < 0.5:
                continue
            one, two = first[top:bottom, left:right][inside], second[top:bottom, left:right][inside]
            if max(float(one.std()), float(two.std())) >= TEXTURE:
                cells.append((one, two))
    return cells


def _correlation(first: Floats, second: Floats) -> float | None:
    if first.size < 16:
        return None
    one, two = first - first.mean(dtype=np.float64), second - second.mean(dtype=np.float64)
    length = float(np.sqrt((one * one).sum(dtype=np.float64) * (two * two).sum(dtype=np.float64)))
    if length < 1e-3 * first.size:
        return None
    return float(np.clip((one * two).sum(dtype=np.float64) / length, -1, 1))
