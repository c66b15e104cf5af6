"""Negatives: of two pictures one is the other in inverted colours. Put back, it is compared like any other."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gallery.pictures import Picture, checked
from gallery.verification.evidence import Evidence, Transformation

if TYPE_CHECKING:
    from gallery.verification.base import Features

Ask = Callable[[Picture, Picture, "Features | None"], Evidence | None]


def invert(picture: Picture) -> Picture:
    """``picture`` as its photographic negative: 255 less each channel. Of a negative, the positive."""
    return checked(255 - picture)


def ask(first: Picture, second: Picture, features: "Features | None", verify: Ask) -> Evidence | None:
    """
    What ``verify`` says of two pictures once the colours of one of them are inverted back.

    Which one: always the same of two pictures, whichever comes first. Rounding makes (a, negative of b) and (b,
    negative of a) differ a little, and exchanging the pictures must not change the numbers.
    """
    known = features or (None, None)
    if (first.shape, first.tobytes()) > (second.shape, second.tobytes()):
        found = verify(invert(first), second, (None, known[1]))  # kept features are those of the negative
        return found and replace(found, transformation=_seen_from_the_second(found.transformation))
    found = verify(first, invert(second), (known[0], None))
    return found and replace(found, transformation=replace(found.transformation, inverted=True))


def _seen_from_the_second(found: Transformation) -> Transformation:
    """Told of the second picture inverted, given what was found with the first one inverted."""
    # Of b = gain * (1 - a) + offset follows 1 - b = gain * a + (1 - gain - offset).
    return replace(found, inverted=True, offset=round(1 - found.gain - found.offset, 4))
