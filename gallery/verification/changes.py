"""What differs between two aligned pictures once their tone is matched."""

from dataclasses import dataclass

import cv2
import numpy as np

from gallery.verification.appearance import Mask, Overlay, Pixels
from gallery.verification.evidence import Box
from gallery.verification.geometry import Matrix
from gallery.verification.tones import GREY, largest, match_tones, sampled

LEVELS = 28.0
"""Difference, in levels of 255 of any colour, from which a pixel shows something else; compression stays below."""

SMALLEST = 0.0006
"""Share of the shared area below which a changed spot is not worth a moderator's look."""

STRONG = 90.0
"""Difference, in levels, that nothing but another picture makes: such spots count from 10 pixels on, however thin."""

SMALLEST_STRONG = 10

EXACT = 6.0
"""Levels within which nine tenths of two pictures that lie exactly on each other agree."""

MOST_BOXES = 6

SAME_COLOURS = 0.7
"""Correlation of the colours of two pictures below which one of them was recoloured."""


@dataclass(frozen=True)
class Tone:
    """How the second picture's brightness and colour follow from the first's: see ``Transformation``."""

    gain: float
    offset: float
    saturation: float
    recoloured: bool
    first_is_grey: bool
    second_is_grey: bool


@dataclass(frozen=True, eq=False)
class Changes:
    """
    ``strength`` is uint8, shape ``(h, w)``, in levels, in the overlay's frame; ``where`` marks what counts, and
    ``share`` says how much of the shared area that is, 0 to 1. ``everywhere`` is the strength, in levels, that
    compression or blur leave everywhere.
    """

    strength: Pixels
    where: Mask
    share: float
    everywhere: float = 0.0


def measure_tone(laid: Overlay, changes: Changes) -> Tone:
    """Compare brightness and colour where both pictures show the same."""
    same = laid.shared & ~changes.where
    if not same.any():
        same = laid.shared
    # Averaged over a neighbourhood: blur takes contrast from the grain, not from the picture.
    one, two = (sampled(cv2.blur(picture, (9, 9)), same) for picture in (laid.first, laid.second))
    bright, brightness = one.mean(axis=1), two.mean(axis=1)
    # Ratio of deviations instead of regression: seen from the other side it is exactly the inverse.
    gain = float(np.clip((brightness.std() + 1e-3) / (bright.std() + 1e-3), 0.05, 20))
    colours, others = one - bright[:, None], two - brightness[:, None]
    colourful, as_colourful = (float(np.abs(x).mean()) for x in (colours, others))
    grey, as_grey = colourful < GREY, as_colourful < GREY
    likeness = float((colours * others).sum() / max(1e-6, np.sqrt((colours**2).sum() * (others**2).sum())))
    return Tone(
        gain=gain,
        offset=float(brightness.mean() - gain * bright.mean()) / 255,
        saturation=1.0 if grey or as_grey else float(np.clip(as_colourful / colourful, 0.1, 10)),
        recoloured=not grey and not as_grey and likeness < SAME_COLOURS,
        first_is_grey=grey,
        second_is_grey=as_grey,
    )


def find_changes(laid: Overlay) -> Changes:
    """Match the tones of the two pictures and mark where they still differ."""
    if not laid.shared.any():
        return Changes(np.zeros(laid.shared.shape, np.uint8), np.zeros(laid.shared.shape, np.bool_), 0.0)
    one, two = (_soft(picture) for picture in match_tones(laid))
    found = _apart(one, two, laid.shared, reach=5)
    if found.where.any():
        return found
    # Two pixels are half of a small digit: where they need not be forgiven, another digit is seen.
    closer = _apart(one, two, laid.shared, reach=3, strong_only=True)
    is_exact = float(np.percentile(sampled(closer.strength, laid.shared), 90)) <= EXACT
    return closer if is_exact else found


def _apart(one: Pixels, two: Pixels, shared: Mask, *, reach: int, strong_only: bool = False) -> Changes:
    """Where two pictures differ by more than a misalignment of half of ``reach`` pixels explains."""
    strength = np.maximum(_beyond(one, two, reach), _beyond(two, one, reach))
    strength[~shared] = 0
    # Heavy compression or blur leaves differences everywhere: only what stands out from them counts.
    everywhere = 2.0 * float(np.percentile(sampled(strength, shared), 60))
    level = LEVELS + everywhere
    # A digit of a caption is a few thin strokes: too little for the eye's look, all the difference to a reader.
    strong = (strength > STRONG + level - LEVELS).astype(np.uint8)
    spots: cv2.typing.MatLike = strong
    if not strong_only:
        spots = cv2.morphologyEx((strength > level).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    width = max(3, round(max(shared.shape) / 60)) | 1
    merged = cv2.morphologyEx(cv2.max(spots, strong), cv2.MORPH_CLOSE, np.ones((width, width), np.uint8))
    where = _without_specks(merged, spots, strong, SMALLEST * float(shared.sum())) & shared
    return Changes(strength, where, float(where.sum()) / float(shared.sum()), everywhere)


def _soft(picture: Pixels) -> Pixels:
    return cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.uint8, copy=False)


def _beyond(picture: Pixels, other: Pixels, reach: int) -> Pixels:
    """How far each pixel lies outside the range of the other picture's ``reach`` x ``reach`` pixels around it."""
    around = np.ones((reach, reach), np.uint8)
    above, below = cv2.subtract(picture, cv2.dilate(other, around)), cv2.subtract(cv2.erode(other, around), picture)
    return largest(cv2.max(above, below))


def _without_specks(
    merged: cv2.typing.MatLike, spots: cv2.typing.MatLike, strong: cv2.typing.MatLike, smallest: float
) -> Mask:
    count, labels = cv2.connectedComponents(merged.astype(np.uint8), connectivity=8)
    sizes, strengths = (np.bincount(labels[marks > 0], minlength=count) for marks in (spots, strong))
    kept = (sizes >= max(6.0, smallest)) | (strengths >= SMALLEST_STRONG)
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def boxes(where: Mask, to_picture: Matrix, size: tuple[int, int]) -> tuple[Box, ...]:
    """
    A few boxes around what is marked, in relative coordinates of the picture of ``size`` (width, height) onto which
    ``to_picture`` maps the marks' frame; largest first.
    """
    marks = cv2.warpPerspective(where.astype(np.uint8), to_picture, size, flags=cv2.INTER_NEAREST)
    # Wider than high: the words of a line belong together.
    across, down = (max(3, round(max(size) / part)) | 1 for part in (8, 14))
    joined = cv2.dilate(marks, np.ones((down, across), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    labels[marks == 0] = 0
    found = []
    for label in range(1, count):
        rows, columns = (np.flatnonzero((labels == label).any(axis=axis)) for axis in (1, 0))
        if len(rows):
            sides = (columns[0] / size[0], rows[0] / size[1], (columns[-1] + 1) / size[0], (rows[-1] + 1) / size[1])
            found.append(Box(*(round(float(side), 4) for side in sides)))
    return tuple(sorted(_in_lines(found), key=lambda box: -box.area)[:MOST_BOXES])


def _in_lines(found: list[Box]) -> list[Box]:
    """Join flat boxes that stand side by side: the words of one caption."""
    lines: list[Box] = []
    for box in sorted(found, key=lambda box: box.top):
        for index, line in enumerate(lines):
            overlap = min(box.bottom, line.bottom) - max(box.top, line.top)
            flat = max(box.bottom, line.bottom) - min(box.top, line.top) < 0.2
            if flat and overlap > 0.5 * min(box.bottom - box.top, line.bottom - line.top):
                lines[index] = Box(
                    min(box.left, line.left),
                    min(box.top, line.top),
                    max(box.right, line.right),
                    max(box.bottom, line.bottom),
                )
                break
        else:
            lines.append(box)
    return lines
