"""Walking along open pairs: which images hang together, in one statement however long the chains are."""

from collections.abc import Collection

from django.db import connection

from gallery.models import Pair


def met_from(images: Collection[int], *, tier: int = 0, without: int = 0) -> tuple[str, list[int | str]]:
    """
    The beginning of a statement in which ``met (image)`` are ``images`` and all that open pairs connect with them.

    :param images: one or more.
    :param tier: of at least this tier are the pairs that are walked along.
    :param without: the id of a pair that is not.
    :returns: SQL, and what stands for its marks.
    """
    seeds = ", ".join(["%s"] * len(images))
    along: list[int | str] = [Pair.State.OPEN.value, tier, without]
    step = _LATERAL if connection.vendor == "postgresql" else _TWO_TERMS
    return _MET.format(seeds=seeds, step=step), [*sorted(images), *along, *along]


_MET = """
    WITH RECURSIVE met (image) AS (
        SELECT id FROM gallery_image WHERE id IN ({seeds})
        UNION
        {step}
    )
"""

# The pairs of an image are met by an index of each end. Asked for by "left or right is the image", both databases hold
# every image against every open pair: of 1,700 copies that took PostgreSQL 700 ms, and this takes 50.
_TWO_TERMS = """
    SELECT right_id FROM met JOIN gallery_pair ON left_id = met.image
    WHERE state = %s AND tier >= %s AND gallery_pair.id <> %s
    UNION
    SELECT left_id FROM met JOIN gallery_pair ON right_id = met.image
    WHERE state = %s AND tier >= %s AND gallery_pair.id <> %s
"""

_LATERAL = """
    SELECT step.other FROM met CROSS JOIN LATERAL (
        SELECT right_id AS other FROM gallery_pair
        WHERE left_id = met.image AND state = %s AND tier >= %s AND id <> %s
        UNION ALL
        SELECT left_id FROM gallery_pair
        WHERE right_id = met.image AND state = %s AND tier >= %s AND id <> %s
    ) step
"""
"""PostgreSQL allows one recursive term only."""
