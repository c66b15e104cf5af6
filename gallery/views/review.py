"""The queue: how much there is to review, and what comes next."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.detection.reasons import why
from gallery.models import Case, CaseSkip, Image, OutboxEntry, Pair, User
from gallery.review import dissent, queue
from gallery.views.access import SignedIn, moderating
from gallery.views.progress import decided_today, progress

ROWS = 12
"""Cases shown ahead. The list says what is coming; it is not there to pick from."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A case of the list: its surest pair, in a sentence."""

    case: Case
    left: Image
    right: Image
    sentence: str
    tier: str
    owners: str
    more: int


@moderating
@require_safe
def review(request: SignedIn) -> HttpResponse:
    """Counts, the next cases, and one button."""
    user = request.user
    upcoming = next_cases(user, limit=ROWS)
    context = {
        "rows": rows_of(upcoming),
        "first": upcoming[0] if upcoming else None,
        "counts": counts_of(user),
        "skipped": CaseSkip.objects.filter(user=user, case__state=Case.State.OPEN).count(),
        "disagreements": dissent.waiting_for(user)[:ROWS],
        "progress": progress(user) if upcoming else "",
        "comparing": Image.objects.being_worked_on().count(),
        "aside": Image.objects.filter(stage=Image.Stage.QUARANTINED).count(),
        "stuck": OutboxEntry.objects.exclude(quarantined_at=None).count(),
    }
    return render(request, "gallery/review.html", context)


@moderating
@require_safe
def start(request: SignedIn) -> HttpResponse:
    """To the case that is next now; back to the queue when there is none."""
    following = queue.next_for(request.user)
    return redirect("case", following.pk) if following else redirect("review")


@moderating
@require_POST
def unskip(request: SignedIn) -> HttpResponse:
    """Bring back what one skipped."""
    queue.unskip(request.user)
    return redirect("review")


def next_cases(user: User, *, limit: int, after: Case | None = None) -> list[Case]:
    """The cases that ``user`` would get, in order, at most ``limit``."""
    found: list[Case] = []
    while len(found) < limit:
        following = queue.next_for(user, after=found[-1] if found else after)
        if following is None or following in found or following == after:
            break
        found.append(following)
    return found


def counts_of(user: User) -> list[tuple[str, int]]:
    """What stands above the list, by its name."""
    open_cases = Case.objects.open()
    return [
        (_("waiting for you"), queue.waiting(user)),
        (_("open in all"), open_cases.count()),
        (_("escalated"), open_cases.exclude(escalated_at=None).count()),
        (_("decided by you today"), decided_today(user)),
    ]


def rows_of(upcoming: list[Case]) -> list[Row]:
    pairs = Pair.objects.awaiting_review().filter(case__in=upcoming).most_alike_first()
    surest: dict[int, Pair] = {}
    for pair in pairs.select_related("left__file", "right__file", "left__owner", "right__owner"):
        if pair.case_id is not None:
            surest.setdefault(pair.case_id, pair)
    return [_row(case, surest[case.pk]) for case in upcoming if case.pk in surest]


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
