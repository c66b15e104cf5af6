"""The dashboard of the desk: what waits and since when, what comes next, how the days went, how the index is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.detection.condition import condition
from gallery.models import Decision
from gallery.review import appeals, dissent, figures, queue
from gallery.review.figures import Day, Queues, Waiting
from gallery.views.access import SignedIn, moderating
from gallery.views.case_rows import rows_of
from gallery.views.chart import chart_of
from gallery.views.progress import progress

ROWS = 6
"""Cases shown ahead. They say what is coming; the list of cases is there to pick from."""

DISAGREEMENTS = 5


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue of the dashboard. ``count`` is words: a queue may say “5+”."""

    label: str | Promise
    count: str
    oldest: dt.datetime | None
    address: str


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How much of what was decided in the last ``days`` was taken back, by its author and by others."""

    days: int
    total: int
    undone: str
    overturned: str


@moderating
@require_safe
def review(request: SignedIn) -> HttpResponse:
    """At most twelve queries, however large the site is."""
    user = request.user
    queues, days = figures.queues(user), figures.by_day(user)
    asked = appeals.waiting_for(user).aggregate(count=Count("pk"), oldest=Min("created_at"))
    disagreements = list(dissent.waiting_for(user)[: DISAGREEMENTS + 1])
    upcoming = list(queue.waiting_for(user).free_for(user, now=timezone.now()).with_surest_pair()[:ROWS])
    today, left = days[-1], queues.mine.count
    context = {
        "rows": rows_of(upcoming),
        "first": upcoming[0] if upcoming else None,
        "queues": _queues(queues) + (_for_seniors(disagreements, Waiting(**asked)) if user.may_override else []),
        "skipped": queues.skipped.count,
        "disagreements": disagreements[:DISAGREEMENTS],
        "progress": progress(user, done=today.mine, left=left) if upcoming else "",
        "today": today,
        "rates": [_rate(days, 7), _rate(days, 30)],
        "chart": chart_of(days),
        "condition": condition(),
    }
    return render(request, "gallery/review.html", context)


def _queues(found: Queues) -> list[Queue]:
    listed = reverse("cases")
    rows = [
        (_("waiting for you"), found.mine, listed),
        (_("skipped by you"), found.skipped, f"{listed}?{urlencode({'show': 'skipped'})}"),
        (_("escalated"), found.escalated, f"{listed}?{urlencode({'show': 'escalated'})}"),
        (_("open in all"), found.open, f"{listed}?{urlencode({'show': 'all'})}"),
    ]
    return [
        Queue(label=label, count=number_format(waiting.count, use_l10n=True), oldest=waiting.oldest, address=address)
        for label, waiting, address in rows
    ]


def _for_seniors(disagreements: Sequence[Decision], asked: Waiting) -> list[Queue]:
    """What only seniors may answer."""
    count, more = len(disagreements), len(disagreements) > DISAGREEMENTS
    # Newest first, and one more than is shown: beyond that the oldest is not known.
    oldest = disagreements[-1].at if disagreements and not more else None
    shown = f"{DISAGREEMENTS}+" if more else str(count)
    address = reverse("appeals")
    appealed = number_format(asked.count, use_l10n=True)
    return [
        Queue(label=_("disagreements for you"), count=shown, oldest=oldest, address=address if count else ""),
        Queue(label=_("appeals for you"), count=appealed, oldest=asked.oldest, address=address),
    ]


def _rate(days: Sequence[Day], length: int) -> Rate:
    part = days[-length:]
    total = sum(day.total for day in part)
    return Rate(
        days=length,
        total=total,
        undone=_share(sum(day.undone for day in part), total),
        overturned=_share(sum(day.overturned for day in part), total),
    )


def _share(count: int, total: int) -> str:
    if not total:
        return "–"
    percent = number_format(100 * count / total, 1)
    return _("%(percent)s %% (%(count)s)") % {"percent": percent, "count": number_format(count)}


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
