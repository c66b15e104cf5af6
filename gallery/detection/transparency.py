"""
Transparent pictures over black: what they become where they are saved as JPEG by a program that knows no transparency.

Pictures are decoded over white. Of two that are transparent white is as good as black, so black matters only where one
of the two is.
"""

from dataclasses import replace

from gallery import verification
from gallery.detection.candidates import HASH_FLOOR
from gallery.images import hashes
from gallery.images.renditions import KINDS, OVER_BLACK
from gallery.models import Fingerprint, Pair, Policy
from gallery.pictures import Picture
from gallery.verification.evidence import Evidence
from gallery.verification.transformation import Size

RENDITION = (OVER_BLACK, KINDS[OVER_BLACK].extension)


def transparent_side(prints: tuple[Fingerprint, Fingerprint]) -> int | None:
    """0 or 1, whichever of the two is transparent in part; None if neither or both are."""
    sides = [number for number, known in enumerate(prints) if known.over_black_quality is not None]
    return sides[0] if len(sides) == 1 else None


def learn_distance(pair: Pair, prints: tuple[Fingerprint, Fingerprint], side: int) -> None:
    """Take over how near the hash over black is, if that is nearer than over white. The row is not saved."""
    dark, other = prints[side], prints[1 - side]
    quality = min(dark.over_black_quality or 0, other.pdq_quality)
    if quality < Policy.objects.in_force().pdq_min_quality:
        return
    distance, _view = hashes.nearest_view(bytes(dark.over_black_pdq), bytes(other.pdq))
    known = pair.pdq_distance if pair.pdq_usable else None
    if distance <= HASH_FLOOR and (known is None or distance < known):
        pair.pdq_distance, pair.pdq_usable = distance, True


def verify(
    shown: tuple[Picture, Picture], sizes: tuple[Size, Size], side: int, *, over_white: Evidence | None
) -> Evidence | None:
    """
    The geometry of the pair with black where ``side`` is transparent, if that explains more than ``over_white`` does.

    :param shown: the two pictures; that of ``side`` over black.
    :param sizes: (width, height) of both originals.
    """
    found = verification.verify(*shown, sizes=sizes)
    if found is None or (over_white is not None and _explained(over_white) >= _explained(found)):
        return over_white
    step = found.transformation
    if side == 0:
        step = replace(step, first=replace(step.first, over_black=True))
    else:
        step = replace(step, second=replace(step.second, over_black=True))
    return replace(found, transformation=step)


def _explained(found: Evidence) -> float:
    return found.ncc * found.textured_share * (1 - found.transformation.changed_share)
