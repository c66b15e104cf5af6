"""What stands on a plain ground: one thing, as on a product's picture, or many small ones, as on a page."""

from dataclasses import dataclass

import cv2
import numpy as np

from gallery.pictures import Picture

SIDE = 256
"""Of the copy that is looked at, in pixels."""

NEAR = 40
"""Levels of any colour within which a pixel belongs to the ground: paper is lit unevenly."""

PAGE_GROUND = 0.8
PAGE_LARGEST = 0.25
"""
A page is ground to more than the first share, and the largest connected thing on it is less than the second share of
what is not ground. That holds of 69 of 72 receipts, and of 1 of 600 photographs.
"""

ONE_THING = 0.5
"""From this share on what stands on the ground is one thing: of 72 receipts 71 stay below 0.45; cut-out
pictures are above 0.55."""


@dataclass(frozen=True)
class Ground:
    """
    ``share`` of the picture is within a narrow range of its most frequent colour; ``largest`` is the share of the
    largest connected thing in what is not. Both 0 to 1.
    """

    share: float
    largest: float

    @property
    def is_page(self) -> bool:
        return self.share > PAGE_GROUND and self.largest < PAGE_LARGEST

    @property
    def is_of_one_thing(self) -> bool:
        return self.largest >= ONE_THING


def ground_of(picture: Picture) -> Ground:
    """Look at a small copy of ``picture``, of any size. A picture of nothing but ground shows one thing."""
    factor = min(1.0, SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.int32)
    codes = (small >> 4) @ np.array([256, 16, 1], np.int32)
    ground = np.median(small[codes == np.bincount(codes.ravel()).argmax()], axis=0)
    things = (np.abs(small - ground).max(axis=2) > NEAR).astype(np.uint8)
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(things, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = float(areas.max() / areas.sum()) if len(areas) else 1.0
    return Ground(share=1 - float(things.mean()), largest=largest)
