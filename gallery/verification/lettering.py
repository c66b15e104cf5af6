"""Lettering: whether what differs between two aligned pictures was written on them, and on which."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.verification.appearance import Floats, Mask, Overlay, Pixels
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

FAINT = 20.0
"""Difference, in levels, from which a pixel may belong to a stroke: thin ones are blurred and stay below `LEVELS`."""

EDGE = 15.0
"""Steepness, in levels a pixel, from which a pixel is on the edge of a stroke."""

STEEPER = 5.0
OWN_COLOUR = 0.03
"""
A place looks written on if its edges are steeper than those around, by so many levels a pixel, and if the share of one
colour is larger, by so much, than one and a half times that around. Natural places that a caption hides may have the
one or the other.
"""

INK = 0.06
"""The share of what differs from which a colour that is rarer around is an ink."""


@dataclass(frozen=True, eq=False)
class _Place:
    """
    A spot where two pictures differ: within the ``window`` of the overlay's frame, ``whole`` of it, the pixels that
    differ (``inside``) and what both show alike around it.
    """

    window: tuple[slice, slice]
    whole: Mask
    inside: Mask
    around: Mask


@dataclass(frozen=True)
class Lettering:
    """On which of two pictures what differs was written; ``reworded``: in one place both bear words, each its own."""

    first: bool = False
    second: bool = False
    reworded: bool = False


def find_lettering(laid: Overlay, changes: Changes, *, same_colours: bool) -> Lettering:
    """
    Tell on which of the two pictures what differs was written.

    One of two stands only where nothing speaks against it: this decides whether a pair is left to people.

    :param same_colours: whether both are in colour or both are grey, and neither was recoloured. Else what differs may
        be the colours, and no words are compared.
    """
    if not changes.where.any():
        return Lettering()
    lettered = is_lettered(laid.first, laid, changes), is_lettered(laid.second, laid, changes)
    reworded = same_colours and is_reworded(laid, changes)
    strokes, looks = bear_writing(laid, changes)
    if not (reworded or any(lettered)):
        return Lettering(all(looks), all(looks))
    written = strokes[0] or looks[0], strokes[1] or looks[1]
    if all(written):
        return Lettering(True, True, reworded)
    if not any(written):
        return Lettering(*lettered, reworded)
    # Ink on both in one place, and yet only one of them looks written on: which is right is for people.
    return Lettering(True, True) if reworded else Lettering(*written)


def is_lettered(picture: Pixels, laid: Overlay, changes: Changes) -> bool:
    """
    Whether what differs was written or drawn on ``picture``, one of the two overlaid ones: a single colour makes up
    much of it that its surroundings hardly have; or, where it is one word among others, black or white that the other
    picture does not have in the same places.
    """
    drawn = changes.where & (changes.strength > LEVELS)
    reach = max(9, round(max(drawn.shape) / 30)) | 1
    around = _widened(changes.where, reach) & laid.shared & ~changes.where
    if not drawn.any() or not around.any():
        return False
    inks, grounds = (_colours(_codes(picture[mask])) for mask in (drawn, around))
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
    codes = _codes(laid.first), _codes(laid.second)
    for place in _places(laid, changes.where, changes.where & (changes.strength > LEVELS)):
        here = codes[0][place.window], codes[1][place.window]
        if _each_has_its_own(here, place.inside, place.around) or _both_have_more(here, place.whole, place.around):
            return True
    return False


def bear_writing(laid: Overlay, changes: Changes) -> tuple[tuple[bool, bool], tuple[bool, bool]]:
    """
    Whether each of the two pictures was written on where they differ: in any place, colour and weight.

    This errs towards writing: what it denies of a picture is that anything but the picture itself shows there. Words
    that hardly stand out from their ground escape it.

    :returns: of each picture, whether it has edges where the other has none, and not because the other's ink hides
        them; and of each, whether a place where they differ looks written on. Coarse copies have the former, too.
    """
    codes = _codes(laid.first), _codes(laid.second)
    steepness = _steepness(laid.first), _steepness(laid.second)
    thin = (changes.strength > FAINT + changes.everywhere) & laid.shared
    drawn = (changes.strength > LEVELS + changes.everywhere) & laid.shared
    gap = max(3, round(max(laid.shared.shape) / 60)) | 1
    where = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8)).astype(np.bool_)
    strokes, looks = [False, False], [False, False]
    for place in _places(laid, where | changes.where, drawn):
        for mine, other in ((0, 1), (1, 0)):
            steep, others = steepness[mine][place.window], steepness[other][place.window]
            lonely = thin[place.window] & place.whole & (steep > EDGE) & ~_widened(others > EDGE, 5)
            # A single pixel suffices: none of 328 pictures with something on one of them was lost by that.
            strokes[mine] |= bool((lonely & ~_inked(codes[other][place.window], place)).any())
            looks[mine] |= _looks_written(codes[mine][place.window], steep, place)
    return (strokes[0], strokes[1]), (looks[0], looks[1])


def _places(laid: Overlay, where: Mask, drawn: Mask) -> Iterator[_Place]:
    """The spots of ``where``, neighbours joined, that hold at least a word of ``drawn`` and have surroundings."""
    reach = max(5, round(max(laid.shared.shape) / 40)) | 1
    rim = 2 * reach + 1
    count, labels, boxes, _centres = cv2.connectedComponentsWithStats(_widened(where, reach).astype(np.uint8))
    sizes = np.bincount(labels[drawn], minlength=count)
    for label in range(1, count):
        if sizes[label] < SMALLEST_WORD:
            continue
        x, y, width, height = (int(side) for side in boxes[label][:4])
        window = slice(max(0, y - rim), y + height + rim), slice(max(0, x - rim), x + width + rim)
        spot, shared = labels[window] == label, laid.shared[window]
        around = _widened(spot, rim) & shared & ~where[window]
        inside = drawn[window] & spot
        if int(around.sum()) >= SMALLEST_WORD:
            yield _Place(window, spot & shared, inside, around)


def _steepness(picture: Pixels) -> Floats:
    """How steeply the steepest of three colours rises, in levels a pixel, after a slight blur."""
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    rise = cv2.magnitude(across, down) / 4
    return np.asarray(np.maximum(np.maximum(rise[..., 0], rise[..., 1]), rise[..., 2]), np.float32)


def _inked(codes: NDArray[np.int32], place: _Place) -> Mask:
    """Where one of the colours shows that make up much of what differs and hardly any of what is around."""
    drawn, around = _colours(codes[place.inside]), _colours(codes[place.around])
    inks = (drawn > INK) & (drawn > 1.5 * around)
    return _widened(inks[codes] & place.inside, 3)


def _looks_written(codes: NDArray[np.int32], steep: Floats, place: _Place) -> bool:
    """Whether one picture looks written on there: steeper edges than around, and a colour of its own."""
    if float(steep[place.inside].mean() - steep[place.around].mean()) <= STEEPER:
        return False
    drawn, around = _colours(codes[place.inside]), _colours(codes[place.around])
    return float((drawn - 1.5 * around).max()) > OWN_COLOUR


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


def _widened(mask: Mask, size: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)).astype(np.bool_)


def _colours(codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """How often each of 512 coarse colours occurs, 0 to 1."""
    return np.bincount(codes, minlength=512) / len(codes)


def _codes(pixels: Pixels) -> NDArray[np.int32]:
    return np.asarray((pixels.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32))
