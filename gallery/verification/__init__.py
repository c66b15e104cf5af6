"""
Two pictures in, evidence out: does one geometry explain both, and what was done to one to make the other?

Embeddings recall, geometry decides. This package is pure: it opens no file, knows no row and holds no threshold of the
policy. Importing it is light; OpenCV is loaded with the first verifier.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from gallery.pictures import Picture
from gallery.verification import negatives
from gallery.verification.evidence import Evidence

if TYPE_CHECKING:
    from gallery.verification.base import Features, Verifier
    from gallery.verification.transformation import Size

VERIFIERS = {
    "orb": "gallery.verification.orb.Orb",
    "sift": "gallery.verification.sift.Sift",
}
"""In the order in which they are tried: the next one is asked where one does not convince."""

CONVINCING_CELLS = 16
CONVINCING_NCC = 0.85


@cache
def load(key: str) -> "Verifier":
    """
    The verifier of that name.

    :raises KeyError: if there is none.
    """
    module, _, name = VERIFIERS[key].rpartition(".")
    verifier: Verifier = getattr(import_module(module), name)()
    return verifier


def verify(
    first: Picture,
    second: Picture,
    *,
    features: "Features | None" = None,
    sizes: "tuple[Size, Size] | None" = None,
    negative: bool = False,
) -> Evidence | None:
    """
    Ask the verifiers in turn until one convinces; otherwise the best of what they found.

    See :meth:`gallery.verification.base.Verifier.verify` for the other arguments and what they promise.

    :param negative: ask as if one picture were the other in inverted colours: no local feature of a negative is like
        the positive's. Told by :attr:`gallery.verification.evidence.Transformation.inverted`.
    """
    if negative:
        return negatives.ask(
            first, second, features, lambda one, other, known: verify(one, other, features=known, sizes=sizes)
        )
    best: Evidence | None = None
    for key in VERIFIERS:
        found = load(key).verify(first, second, features=features, sizes=sizes)
        if found is None:
            continue
        if found.cells >= CONVINCING_CELLS and found.ncc >= CONVINCING_NCC:
            return found
        if best is None or found.ncc * found.textured_share > best.ncc * best.textured_share:
            best = found
    return best
