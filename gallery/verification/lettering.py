"""Lettering: whether what differs between two aligned pictures was written on them, and on which."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.verification.appearance import Mask, Overlay, Pixels
from gallery.verification.changes import LEVELS, Changes

INKS = (0, 511)
"""The coarse colours of captions: black and white."""

SAME_INK = 0.05
MORE_INK = 0.12
"""
By how much more often than around it a changed place must show ink, on both pictures, for them to bear different words:
one ink in pixels where the other picture has none, or any in the place as a whole. Of 135 pictures with a caption or a
sticker on one of the two, 4 reach one of them; of 83 pairs of memes of one template, 75 do.
"""

SMALLEST_WORD = 20
"""Differing pixels: a digit."""


def is_lettered(picture: Pixels, laid: Overlay, changes: Changes) -> bool:
    """
    Whether what differs was written or drawn on ``picture``, one of the two overlaid ones: a single colour makes up
    much of it that its surroundings hardly have; or, where it is one word among others, black or white that the other
    picture does not have in the same places.
    """
    drawn = changes.where & (changes.strength > LEVELS)
    reach = max(9, round(max(drawn.shape) / 30)) | 1
    around = cv2.dilate(changes.where.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(np.bool_)
    around &= laid.shared & ~changes.where
    if not drawn.any() or not around.any():
        return False
    inks, grounds = (_colours(picture[mask]) for mask in (drawn, around))
    if float((inks - 1.5 * grounds).max()) > 0.12:
        return True
    other = laid.second if picture is laid.first else laid.first
    here, there = _codes(picture[drawn]), _codes(other[drawn])
    return any(float(((here == ink) & (there != ink)).mean()) > 0.2 for ink in INKS)


def is_reworded(laid: Overlay, changes: Changes) -> bool:
    """
    Whether, in one of the changed places, both pictures bear lettering, each its own.

    Where one of two pictures was written on, the other shows in that place what it shows around it. Where both were,
    each has ink, black or white, that the other has not, and more of it than around.
    """
    reach = max(5, round(max(laid.shared.shape) / 40)) | 1
    joined = cv2.dilate(changes.where.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, places = cv2.connectedComponents(joined, connectivity=8)
    if count == 1:
        return False
    drawn = changes.where & (changes.strength > LEVELS)
    codes = _codes(laid.first), _codes(laid.second)
    rim = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    for label in range(1, count):
        place = places == label
        around = cv2.dilate(place.astype(np.uint8), rim).astype(np.bool_) & laid.shared & ~changes.where
        inside = drawn & place
        if min(int(inside.sum()), int(around.sum())) < SMALLEST_WORD:
            continue
        if _each_has_its_own(codes, inside, around) or _both_have_more(codes, place & laid.shared, around):
            return True
    return False


Codes = tuple[NDArray[np.int32], NDArray[np.int32]]


def _each_has_its_own(codes: Codes, inside: Mask, around: Mask) -> bool:
    """
    Whether both have one ink in pixels of ``inside`` where the other has none of it.

    The same ink: what differs from white letters over a dark picture is only where the letters are, so without them
    it would seem to bear black ones.
    """
    ways = (codes, codes[::-1])
    return any(
        all(
            ((mine[inside] == ink) & (other[inside] != ink)).mean() - (mine[around] == ink).mean() > SAME_INK
            for mine, other in ways
        )
        for ink in INKS
    )


def _both_have_more(codes: Codes, place: Mask, around: Mask) -> bool:
    """Whether both have more of one ink, each of its own, in ``place`` than around it."""
    return all(
        any((mine[place] == ink).mean() - (mine[around] == ink).mean() > MORE_INK for ink in INKS) for mine in codes
    )


def _colours(pixels: Pixels) -> NDArray[np.float64]:
    """How often each of 512 coarse colours occurs, 0 to 1."""
    return np.bincount(_codes(pixels), minlength=512) / len(pixels)


def _codes(pixels: Pixels) -> NDArray[np.int32]:
    return np.asarray((pixels.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32))
