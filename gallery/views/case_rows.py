"""Cases as lists show them: the surest pair, in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.detection.reasons import why
from gallery.models import Case, Image, Pair


@dataclass(frozen=True, kw_only=True)
class Row:
    """A case of a list."""

    case: Case
    left: Image
    right: Image
    sentence: str
    tier: str
    owners: str
    more: int


def rows_of(cases: Sequence[Case]) -> list[Row]:
    """
    A row for each of ``cases`` that has an open pair, in their order. They come with ``surest_pair``, the one that is
    read of each.
    """
    shown = [vars(case)["surest_pair"] for case in cases]
    found = Pair.objects.filter(pk__in=[pk for pk in shown if pk]).select_related(
        "policy", "left__file", "right__file", "left__owner", "right__owner"
    )
    by_case = {pair.case_id: pair for pair in found}
    return [_row(case, by_case[case.pk]) for case in cases if case.pk in by_case]


def _row(case: Case, pair: Pair) -> Row:
    owners = dict.fromkeys(image.owner.get_username() for image in (pair.left, pair.right))
    return Row(
        case=case,
        left=pair.left,
        right=pair.right,
        sentence=why(pair),
        tier=str(Pair.Tier(pair.tier).label),
        owners=", ".join(owners),
        more=case.size - 2,
    )
