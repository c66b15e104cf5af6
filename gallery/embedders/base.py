"""What every embedder promises."""

from collections.abc import Sequence
from typing import Protocol

from gallery.pictures import Picture
from gallery.vectors import Vectors


class Embedder(Protocol):
    """
    Turns pictures into vectors whose inner product says how alike the pictures are.

    An instance holds a loaded network: it is made by :func:`gallery.embedders.load`, once per process. The three
    attributes belong to the class and are known without loading anything.
    """

    key: str
    """
    Names the model, its weights *and* the preparation of the picture; changes when vectors stop being comparable.
    Letters, digits and underscores only: it is part of a collection's name.
    """

    dimensions: int
    """Length of a vector."""

    side: int
    """The network looks at ``side`` x ``side`` pixels; a picture of that size is passed on as it is."""

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """
        Embed a batch. A picture's vector does not depend on its neighbours in the batch (to 1e-3).

        :param pictures: n upright RGB pictures of any size, n >= 1.
        :returns: float32, shape ``(n, dimensions)``, every row of L2 norm 1.
        :raises ValueError: if ``pictures`` is empty.
        """
        ...
