"""Smaller copies of pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gallery.pictures import Picture


def fitted(width: int, height: int, *, long_side: int) -> tuple[int, int]:
    """The width and height, in pixels, of a picture scaled down to ``long_side``; its own if it is small enough."""
    scale = min(1.0, long_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk(picture: Picture, long_side: int) -> Picture:
    """``picture`` averaged down to at most ``long_side`` pixels; itself where it is small enough already."""
    return averaged(picture, fitted(picture.shape[1], picture.shape[0], long_side=long_side))


def averaged(picture: Picture, size: tuple[int, int]) -> Picture:
    """``picture`` averaged down to ``size``, a width and a height in pixels, neither larger than its own."""
    if size == (picture.shape[1], picture.shape[0]):
        return picture
    return Picture(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))


def squashed(picture: NDArray[np.uint8], side: int) -> Picture:
    """
    ``picture`` as a square of ``side`` pixels, all of it, smoothed before it is thinned out.

    How this is done moves the network's similarities (0.92 without smoothing, 0.87 when cropped): all vectors of a
    collection must be made alike.
    """
    square = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)
    return Picture(np.asarray(square))
