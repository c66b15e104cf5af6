"""
The part of a picture that is a picture: the photo in a screenshot, without the screen around it.

A network that sees the whole screen finds 13 % of phone screenshots; shown the region, 98 %.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.images.hashes import COLOUR_SIDE, colour_codes
from gallery.images.scaling import shrunk
from gallery.pictures import Picture

MIN_DOMINANT_SHARE = 0.25
"""Of one colour, before there is a background to speak of."""

MIN_SHARE, MAX_SHARE = 0.05, 0.60
"""
What part of the picture a region may be: a smaller one is an icon, and of a larger one the network sees enough in the
whole. Of 124 regions beyond 0.60 all are at least 0.7 alike to their picture, half of them 0.87, but for two thirds of
five flags.
"""

MIN_SIDE = 64
"""In pixels of the full picture; a smaller region has too little in it to be recognised by."""

MIN_FILL = 0.55
"""How much of its box a block must cover: a photo fills it, a paragraph or a drawing does not."""

_TOLERANCE = 10
"""How far, of 255 in the worst channel, the background may be from its own colour: JPEG stays below on flat parts."""


class Box(NamedTuple):
    """In pixels; ``right`` and ``bottom`` are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, picture: Picture) -> Picture:
        """The part of ``picture`` inside."""
        return Picture(np.ascontiguousarray(picture[self.top : self.bottom, self.left : self.right]))

    def scaled(self, here: Picture, there: Picture) -> "Box":
        """The same place in ``there``, which is ``here`` at another size."""
        across, down = there.shape[1] / here.shape[1], there.shape[0] / here.shape[0]
        left, top, right, bottom = self
        return Box(round(left * across), round(top * down), round(right * across), round(bottom * down))

    @property
    def short_side(self) -> int:
        """The smaller of width and height."""
        return min(self.right - self.left, self.bottom - self.top)


def content_region(picture: Picture) -> Box | None:
    """
    Where the largest block that is not background lies; None if there is no background or no sensible block.

    The background is the most frequent colour. An opening wipes out what is thin, such as lines of words; of the blocks
    left the largest counts. A copy of 256 pixels is enough: scale the box up with :meth:`Box.scaled`.
    """
    small = shrunk(picture, COLOUR_SIDE)
    colour = _background(small)
    if colour is None:
        return None
    off = cv2.absdiff(small, np.broadcast_to(colour, small.shape))
    # By pairs: over an axis of three numpy's own maximum takes ten times as long.
    away = cv2.max(cv2.max(off[..., 0], off[..., 1]), off[..., 2]) > _TOLERANCE
    block = _largest_block(away.astype(np.uint8))
    return None if block is None else block.scaled(small, picture)


def _background(small: Picture) -> NDArray[np.uint8] | None:
    """The median of the pixels of the most frequent colour, shape ``(3,)``; None if it covers too little."""
    codes = colour_codes(small)
    counts = np.bincount(codes.ravel(), minlength=4096)
    code = int(counts.argmax())
    if counts[code] <= MIN_DOMINANT_SHARE * codes.size:
        return None
    colour: NDArray[np.uint8] = np.median(small[codes == code], axis=0).astype(np.uint8)
    return colour


def _largest_block(away: NDArray[np.uint8]) -> Box | None:
    """In pixels of the small copy."""
    side = max(5, round(0.06 * min(away.shape)))
    brush = np.ones((side, side), np.uint8)
    blocks = cv2.morphologyEx(away, cv2.MORPH_OPEN, brush, borderType=cv2.BORDER_REPLICATE)
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(blocks, connectivity=4)
    if count < 2:
        return None
    left, top, width, height, area = (int(number) for number in max(stats[1:], key=lambda row: int(row[4])))
    if area < MIN_FILL * width * height or not MIN_SHARE <= width * height / away.size <= MAX_SHARE:
        return None
    return Box(left, top, left + width, top + height)
