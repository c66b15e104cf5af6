"""What was done to a picture, as flags that lists are filtered by. The sentence of the desk says it more exactly."""

from gallery.models import Pair
from gallery.verification.evidence import Part, Transformation

Trait = Pair.Trait

ALL = 0.97
"""From this share on a picture counts as wholly shared."""

SLIGHT = 1.0
"""Degrees: alignment is not sharper than that."""


def traits_of(found: Transformation) -> int:
    """The flags of ``found``, 0 to 511: whichever of the two pictures is the copy."""
    parts = (found.first, found.second)
    holds = {
        Trait.MIRRORED: found.mirrored,
        Trait.ROTATED: abs(found.angle) >= SLIGHT,
        Trait.CROPPED: any(_shows_more(part, {"scene"}) for part in parts),
        Trait.GREY: found.first.grey != found.second.grey,
        Trait.CAPTIONED: any(part.lettered for part in parts),
        Trait.REWORDED: found.reworded,
        Trait.LETTERED_ON_ONE: found.lettered_on_one,
        Trait.FRAMED: any(_shows_more(part, {"plain", "other"}) for part in parts),
        Trait.INVERTED: found.inverted,
    }
    return sum(int(trait) for trait, is_so in holds.items() if is_so)


def _shows_more(part: Part, around: set[str]) -> bool:
    return part.share < ALL and part.surroundings in around
