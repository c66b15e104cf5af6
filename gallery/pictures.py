"""The decoded picture, as every room passes it on."""

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Picture = NewType("Picture", "NDArray[np.uint8]")
"""uint8, shape ``(height, width, 3)``, RGB in sRGB, upright, C-contiguous, at least 1 x 1."""


def checked(array: NDArray[np.uint8]) -> Picture:
    """
    Promise that ``array`` is a :data:`Picture`.

    :raises ValueError: if its shape or type is another.
    """
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(f"a picture is uint8 (h, w, 3), not {array.dtype} {array.shape}")
    return Picture(np.ascontiguousarray(array))
