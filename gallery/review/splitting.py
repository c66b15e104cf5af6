"""
Splitting a case: work is arranged, nothing is said about pictures.

The pairs between the two parts stay open. Each waits until both of its images have no other question, and is then a
case of its own; so a split hides nothing, and whatever joins the case later stays on its side of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gallery.detection import groups
from gallery.errors import CaseChanged, RuleBroken
from gallery.models import Case, Decision, Pair, SplitPart
from gallery.review.submit import Scene, Submit

LEAST = 3
"""Images of a case that can be split: two are one pair, which is answered."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a case would come apart: the pair, and the images on either side of it, its left end's first."""

    at: Pair
    parts: tuple[set[int], set[int]]


def weakest_cut(pairs: Sequence[Pair]) -> Cut | None:
    """Where the case of these open ``pairs`` falls apart first; None for a case of two."""
    bridge = groups.weakest(pairs)
    if bridge is None or not may_split({image for pair in pairs for image in (pair.left_id, pair.right_id)}):
        return None
    return Cut(bridge, groups.parted(pairs, at=bridge))


def may_split(images: Collection[object]) -> bool:
    """Whether a case of these images can come apart."""
    return len(images) >= LEAST


def bridge_between(case: Case, images: Sequence[int]) -> int | None:
    """
    The open pair of ``case`` between two images; None if none are given.

    :raises RuleBroken: if these are not two, or no match of the case lies between them.
    """
    if not images:
        return None
    found = case.pairs.awaiting_review().between(images[0], images[-1]).first() if len(images) == 2 else None
    if found is None:
        raise RuleBroken(_("Name two images of the case that were matched with each other."))
    return found.pk


def open_pairs(case: Case) -> list[Pair]:
    """What a case is made of."""
    return list(case.pairs.awaiting_review().order_by("pk"))


def split(decision: Decision, scene: Scene, submit: Submit) -> set[int]:
    """
    Put the images of the case on two sides: apart at the pair that the form names, else at the weakest bridge.

    :raises RuleBroken: for a case of two.
    :raises CaseChanged: if the pair is not open in this case any more.
    """
    pairs = open_pairs(scene.case)
    bridge = (
        next((pair for pair in pairs if pair.pk == submit.bridge), None) if submit.bridge else groups.weakest(pairs)
    )
    if bridge is None:
        raise CaseChanged(_("This match was answered while it was on your screen. Look at the case again."))
    if not may_split(scene.images):
        raise RuleBroken(_("Two pictures cannot be split. Say whether they are different, related or the same."))
    SplitPart.objects.bulk_create(
        SplitPart(decision=decision, image_id=image, part=part)
        for part, images in enumerate(groups.parted(pairs, at=bridge))
        for image in sorted(images)
    )
    return {image.pk for image in scene.images}
