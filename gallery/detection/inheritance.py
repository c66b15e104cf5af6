"""What a keeper inherits: the open questions and the verdicts of the images merged into it."""

from gallery.models import Image, Pair

CARRIED = [
    "similarity", "model_key", "pdq_distance", "pdq_usable", "document_like", "one_thing", "cells", "matches", "ncc",
    "textured_share", "changed_share", "traits",
]  # fmt: skip
"""Signals that hold for the keeper too, because its picture is the absorbed one's. Equal bytes do not."""


def carry(absorbed: Image, keeper: Image) -> list[int]:
    """
    Give ``keeper`` the open questions and the verdicts of what it absorbs: a pair with each partner of ``absorbed``.

    Signals and evidence come along as what was measured of the absorbed file. Returns the partners. The states follow
    from :func:`gallery.detection.projection.project`.
    """
    partners = []
    theirs = Pair.objects.touching([absorbed.pk]).exclude(state__in=[Pair.State.CANDIDATE, Pair.State.UNFLAGGED])
    for pair in theirs.select_related("left", "right"):
        partner = (pair.right if pair.left_id == absorbed.pk else pair.left).canonical
        if partner.pk == keeper.pk:
            continue
        left, right = sorted((partner.pk, keeper.pk))
        values = {name: getattr(pair, name) for name in CARRIED}
        Pair.objects.get_or_create(
            left_id=left,
            right_id=right,
            defaults={**values, "compared_at": pair.compared_at, "tier": pair.tier, "score": pair.score},
        )
        partners.append(partner.pk)
    return partners
