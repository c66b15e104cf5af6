"""What differs between two aligned pictures once their tone is matched."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.verification.appearance import Floats, Mask, Overlay, Pixels
from gallery.verification.evidence import Box
from gallery.verification.geometry import Matrix

LEVELS = 28.0
"""Difference, in levels of 255 of any colour, from which a pixel shows something else; compression stays below."""

SMALLEST = 0.0006
"""Share of the shared area below which a changed spot is not worth a moderator's look."""

MOST_BOXES = 6
_SAMPLE = 8_000
_GREY = 3.0
"""Mean distance, in levels, of the colours from their own grey below which a picture is greyscale."""


@dataclass(frozen=True)
class Tone:
    """How the second picture's brightness and colour follow from the first's: see ``Transformation``."""

    gain: float
    offset: float
    saturation: float
    first_is_grey: bool
    second_is_grey: bool


@dataclass(frozen=True, eq=False)
class Changes:
    """
    ``strength`` is uint8, shape ``(h, w)``, in levels, in the overlay's frame; ``where`` marks what counts, and
    ``share`` says how much of the shared area that is, 0 to 1.
    """

    strength: Pixels
    where: Mask
    share: float


def measure_tone(laid: Overlay, changes: Changes) -> Tone:
    """Compare brightness and colour where both pictures show the same."""
    same = laid.shared & ~changes.where
    if not same.any():
        same = laid.shared
    one, two = (_sampled(picture, same) for picture in (laid.first, laid.second))
    bright, brightness = one.mean(axis=1), two.mean(axis=1)
    # Ratio of deviations instead of regression: seen from the other side it is exactly the inverse.
    gain = float(np.clip((brightness.std() + 1e-3) / (bright.std() + 1e-3), 0.05, 20))
    colours, colourfulness = (float(np.abs(x - x.mean(axis=1, keepdims=True)).mean()) for x in (one, two))
    grey, greyness = colours < _GREY, colourfulness < _GREY
    return Tone(
        gain=gain,
        offset=float(brightness.mean() - gain * bright.mean()) / 255,
        saturation=1.0 if grey or greyness else float(np.clip(colourfulness / colours, 0.1, 10)),
        first_is_grey=grey,
        second_is_grey=greyness,
    )


def find_changes(laid: Overlay) -> Changes:
    """Match the tone of the first picture to the second's and mark where they still differ."""
    if not laid.shared.any():
        return Changes(np.zeros(laid.shared.shape, np.uint8), np.zeros(laid.shared.shape, np.bool_), 0.0)
    one, two = (_soft(picture) for picture in (_match_tone(laid), laid.second))
    strength = np.maximum(_beyond(one, two), _beyond(two, one))
    strength[~laid.shared] = 0
    # Heavy compression or blur leaves differences everywhere: only what stands out from them counts.
    level = LEVELS + 2.0 * float(np.percentile(_sampled(strength, laid.shared), 60))
    spots = cv2.morphologyEx((strength > level).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    reach = max(3, round(max(laid.shared.shape) / 60)) | 1
    merged = cv2.morphologyEx(spots, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    where = _without_specks(merged, spots, SMALLEST * float(laid.shared.sum())) & laid.shared
    return Changes(strength, where, float(where.sum()) / float(laid.shared.sum()))


def is_lettered(picture: Pixels, laid: Overlay, changes: Changes) -> bool:
    """
    Whether what differs was written or drawn on ``picture``, one of the two overlaid ones: a single colour that its
    surroundings lack makes up much of it.
    """
    drawn = changes.where & (changes.strength > LEVELS)
    reach = max(9, round(max(drawn.shape) / 30)) | 1
    around = cv2.dilate(changes.where.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(np.bool_)
    around &= laid.shared & ~changes.where
    if not drawn.any() or not around.any():
        return False
    inks, grounds = (_colours(picture[mask]) for mask in (drawn, around))
    ink = int(inks.argmax())
    return bool(inks[ink] > 0.3 and grounds[ink] < 0.5 * inks[ink])


def _colours(pixels: Pixels) -> NDArray[np.float64]:
    """How often each of 512 coarse colours occurs, 0 to 1."""
    codes = (pixels.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32)
    return np.bincount(codes, minlength=512) / len(pixels)


def _sampled(picture: NDArray[Any], where: Mask) -> NDArray[np.float32]:
    """At most some 8,000 of the pixels of ``where``, evenly spread: enough for a mean or a median."""
    places = np.flatnonzero(where)
    places = places[:: max(1, len(places) // _SAMPLE)]
    return picture.reshape(where.size, -1)[places].astype(np.float32)


def _soft(picture: Pixels) -> Pixels:
    return cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.uint8, copy=False)


def _match_tone(laid: Overlay) -> Pixels:
    """The first picture with the second's colours: an affine mixture of channels, then a curve for each."""
    one, two = (_sampled(picture, laid.shared) for picture in (laid.first, laid.second))
    rows = np.hstack([one, np.ones((len(one), 1), np.float32)])
    kept = np.ones(len(rows), np.bool_)
    mixture = np.zeros((4, 3), np.float32)
    for _ in range(4):
        # Ridge towards nothing: a flat or grey picture does not determine all of it.
        normal = rows[kept].T @ rows[kept] + np.diag([1.0, 1, 1, 1e-3]) * len(rows) * 0.05
        mixture = np.linalg.solve(normal, rows[kept].T @ two[kept]).astype(np.float32)
        miss = _largest(np.abs(rows @ mixture - two))
        kept = miss <= max(12.0, 2.0 * float(np.median(miss)))
    mixed = rows @ mixture
    levels = np.arange(256, dtype=np.float64)
    table = np.stack([np.interp(levels, *_curve(mixed[kept, c], two[kept, c])) for c in range(3)], axis=-1)
    picture = cv2.transform(laid.first, mixture.T)  # rounds and keeps to 0..255
    return cv2.LUT(picture, table.round().clip(0, 255).astype(np.uint8)[None]).astype(np.uint8, copy=False)


def _largest(pixels: NDArray[Any]) -> NDArray[Any]:
    """The largest of three channels, the last axis; numpy's own ``max`` is ten times slower on so short an axis."""
    return np.asarray(np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2]))


def _curve(before: Floats, after: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The median of ``after`` for each sixteenth of ``before``: clipping and gamma bend what a line cannot follow."""
    order = np.argsort(before, kind="stable")
    groups = [part for part in np.array_split(order, 16) if len(part)]
    steps = np.array([np.median(before[group]) for group in groups])
    curve = np.array([np.median(after[group]) for group in groups])
    # The ends go on straight, so that the darkest and brightest pixels are not cut to a median.
    steps, curve = (
        np.concatenate([[steps[0] - 64], steps, [steps[-1] + 64]]),
        np.concatenate([[curve[0] - 64], curve, [curve[-1] + 64]]),
    )
    return steps, np.maximum.accumulate(curve)


def _beyond(picture: Pixels, other: Pixels) -> Pixels:
    """
    How far each pixel lies outside the range of the other picture's 5 x 5 pixels around it: a misalignment of one or
    two pixels is no difference.
    """
    around = np.ones((5, 5), np.uint8)
    above, below = cv2.subtract(picture, cv2.dilate(other, around)), cv2.subtract(cv2.erode(other, around), picture)
    return _largest(cv2.max(above, below))


def _without_specks(merged: cv2.typing.MatLike, spots: cv2.typing.MatLike, smallest: float) -> Mask:
    count, labels = cv2.connectedComponents(merged.astype(np.uint8), connectivity=8)
    sizes = np.bincount(labels[spots > 0], minlength=count)
    kept = sizes >= max(6.0, smallest)
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def boxes(where: Mask, to_picture: Matrix, size: tuple[int, int]) -> tuple[Box, ...]:
    """
    A few boxes around what is marked, in relative coordinates of the picture of ``size`` (width, height) onto which
    ``to_picture`` maps the marks' frame; largest first.
    """
    marks = cv2.warpPerspective(where.astype(np.uint8), to_picture, size, flags=cv2.INTER_NEAREST)
    reach = max(3, round(max(size) / 16)) | 1
    joined = cv2.dilate(marks, np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    labels[marks == 0] = 0
    found = []
    for label in range(1, count):
        rows, columns = (np.flatnonzero((labels == label).any(axis=axis)) for axis in (1, 0))
        if len(rows):
            found.append(
                Box(
                    left=float(columns[0]) / size[0],
                    top=float(rows[0]) / size[1],
                    right=float(columns[-1] + 1) / size[0],
                    bottom=float(rows[-1] + 1) / size[1],
                )
            )
    return tuple(sorted(found, key=lambda box: -box.area)[:MOST_BOXES])
