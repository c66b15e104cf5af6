"""
How alike a picture is to unrelated ones: some look a little like everything, and their similarities say less.

Score normalisation with a background set, as in Pizzi et al., *A Self-Supervised Descriptor for Image Copy Detection*,
CVPR 2022: what a picture has with its nearest background pictures is taken off. The background is a sample of the
library itself.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from gallery import embedders
from gallery.detection.collections import vectors_of
from gallery.models import Embedding
from gallery.vectors import Vectors

LEAST = 1000
"""Images from which on a library has a background to speak of."""

SAMPLE = 700

BEST = 3
"""Of the background, those that count."""

FRESH_SECONDS = 600
"""For so long a process keeps the sample it has."""


@dataclass(frozen=True, eq=False)
class Background:
    """``vectors`` of shape ``(n, d)``, and the image that each is of."""

    vectors: Vectors
    images: NDArray[np.int64]

    def level(self, vectors: Vectors, *, of: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        """
        The mean of the three best similarities of each of ``vectors`` to the background.

        :param of: for each the pair of images that is weighed, which are left out of the background.
        :returns: shape ``(n,)``, −1 to 1.
        """
        found = np.asarray(vectors @ self.vectors.T, np.float32)
        for row, pair in zip(found, of, strict=True):
            row[np.isin(self.images, pair)] = -1.0
        best = np.partition(found, found.shape[1] - BEST, axis=1)[:, -BEST:]
        return np.asarray(best.mean(axis=1), np.float32)


def load(embedder: str) -> Background | None:
    """The background of that network; None where the library is too small."""
    return _drawn(embedders.key_of(embedder), int(time.monotonic() // FRESH_SECONDS))


def forget() -> None:
    """Let the next :func:`load` draw anew."""
    _drawn.cache_clear()


@lru_cache(maxsize=2)
def _drawn(model_key: str, _period: int) -> Background | None:
    whole = Embedding.objects.of_model(model_key).filter(view=Embedding.View.WHOLE).order_by("pk")
    count = whole.count()
    if count < LEAST:
        return None
    # Of the oldest 1,000, 2,000, 4,000, …: every process has the same sample until the library has doubled.
    size = LEAST
    while size * 2 <= count:
        size *= 2
    ids = list(islice(whole.values_list("pk", flat=True).iterator(), 0, size, max(1, size // SAMPLE)))[:SAMPLE]
    rows = list(Embedding.objects.filter(pk__in=ids).select_related("fingerprint__file").order_by("pk"))
    return Background(vectors_of(rows), np.array([row.fingerprint.file.image_id for row in rows], np.int64))
