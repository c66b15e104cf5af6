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


def group_of(image: int) -> set[int]:
    """Whatever ``image`` is linked with through sure pairs that are open, itself among them."""
    walk, marks = met_from([image], tier=Pair.Tier.CERTAIN)
    with connection.cursor() as cursor:
        cursor.execute(walk + _ALL, marks)
        return {found for (found,) in cursor.fetchall()}


def connected(pair: Pair) -> bool:
    """
    Whether the two are linked already through other sure pairs that are open, older or newer.

    Copies of one picture form a tree: n copies make at most n - 1 open pairs, never n (n - 1) / 2.
    """
    # From the newer image: most of the time it is not connected with anything yet.
    walk, marks = met_from([pair.right_id], tier=Pair.Tier.CERTAIN, without=pair.pk or 0)
    with connection.cursor() as cursor:
        cursor.execute(walk + _ONE, [*marks, pair.left_id])
        return cursor.fetchone() is not None


_ALL = "SELECT image FROM met"
_ONE = f"{_ALL} WHERE image = %s"


class Links:
    """
    :func:`connected` for pairs that are not open themselves, one after the other: each group is walked once.

    Thousands of copies have thousands of pairs that lead nowhere new. To be told whenever a pair opens or closes.
    """

    def __init__(self) -> None:
        self._groups: dict[int, set[int]] = {}

    def connect(self, pair: Pair) -> bool:
        """Whether the two ends of ``pair``, which was not compared, are linked."""
        group = self._groups.get(pair.right_id)
        if group is None:
            group = group_of(pair.right_id)
            self._groups.update(dict.fromkeys(group, group))
        return pair.left_id in group

    def forget(self) -> None:
        self._groups.clear()
