"""The quality that a JPEG was saved with, read off its quantisation table."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STANDARD = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
"""Luminance at quality 50 (ITU-T T.81, table K.1)."""


def _tables() -> NDArray[np.int64]:
    """Row q - 1: the sorted luminance table at quality q, by the IJG's scaling; shape ``(100, 64)``."""
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    scaled = np.clip((_STANDARD.reshape(1, 64) * percent[:, None] + 50) // 100, 1, 255)
    return np.sort(scaled, axis=1)


_TABLES = _tables()


def jpeg_quality(image: Image.Image) -> int | None:
    """
    The quality, 1 to 100, whose standard table is nearest to the picture's; None if it has none.

    Cameras and some programs use tables of their own, for which this is an estimate. Values are compared sorted, which
    makes the order in which a decoder gives them irrelevant.
    """
    tables: dict[int, list[int]] = getattr(image, "quantization", {})
    luminance = tables.get(min(tables, default=0), [])
    if len(luminance) != 64:
        return None
    distances = np.abs(_TABLES - np.sort(luminance)).sum(axis=1)
    # Of equals the best: the table is all ones at 100 and only there.
    return 100 - int(np.argmin(distances[::-1]))
