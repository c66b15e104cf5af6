"""The vectors that embedders make and indexes store."""

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Vectors = NewType("Vectors", "NDArray[np.float32]")
"""float32, shape ``(n, d)``, rows finite and of L2 norm 1 (to 1e-3). Only :func:`unit` and :func:`checked` make it."""

TOLERANCE = 1e-3
"""How far a row's norm may be from 1: float16 storage costs about 5e-4."""


def checked(array: NDArray[np.floating]) -> Vectors:
    """
    Promise that ``array`` is :data:`Vectors`.

    :raises ValueError: if it is not two-dimensional, not finite, or a row is not of unit length.
    """
    rows = np.ascontiguousarray(array, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"vectors have shape (n, d), not {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("a vector holds NaN or infinity")
    norms = np.linalg.norm(rows, axis=1)
    if rows.shape[0] and float(np.abs(norms - 1).max()) > TOLERANCE:
        raise ValueError(f"vectors have norms from {norms.min():.4f} to {norms.max():.4f}, not 1")
    return Vectors(rows)


def unit(array: NDArray[np.floating]) -> Vectors:
    """
    Scale every row of ``array``, shape ``(n, d)``, to length 1.

    :raises ValueError: if a row is zero or not finite.
    """
    rows = np.asarray(array, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise ValueError("a zero or infinite vector has no direction")
    return checked(rows / norms)
