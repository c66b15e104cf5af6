"""All pixels of a picture in pieces, for those who look closer than the small copies show."""

import io

import numpy as np
from PIL import Image

from gallery.pictures import Picture

Tiles = dict[tuple[int, int], bytes]
"""JPEG files by column and row, both from 0."""

OPTIONS = {"quality": 95, "subsampling": 0}
"""Every colour at full resolution; what is lost is below what an eye sees."""


def cut(picture: Picture, *, side: int) -> Tiles:
    """``picture`` in tiles of ``side`` pixels; those at the right and the bottom are what is left."""
    height, width = picture.shape[:2]
    return {
        (left // side, top // side): _encoded(Picture(picture[top : top + side, left : left + side]))
        for top in range(0, height, side)
        for left in range(0, width, side)
    }


def _encoded(part: Picture) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(part)).save(out, format="JPEG", **OPTIONS)
    return out.getvalue()
