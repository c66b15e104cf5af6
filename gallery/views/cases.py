"""The list of cases: filters, those that are kept, and the way to answering many at once."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.models import CaseSkip, Policy, SavedFilter, User
from gallery.models.case import CaseQuerySet
from gallery.review import bulk, selection
from gallery.review.actions import ANSWERS
from gallery.review.selection import Filters
from gallery.views.access import SignedIn, moderating
from gallery.views.case_rows import rows_of
from gallery.views.ticks import TICKED, ticks_of

PAGE = 40
VERSIONS = 50
KEPT = 30
"""Filters that one person may keep."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A saved filter as a link."""

    pk: int
    name: str
    address: str
    is_here: bool


@moderating
@require_safe
def cases(request: SignedIn) -> HttpResponse:
    """Forty a page, the surest first; the count says how many match in all."""
    query, user = request.GET, request.user
    filters = Filters.read(query)
    found = selection.matching(filters, user)
    after = query.get("after", "")
    page = list(selection.behind(found, after).with_surest_pair()[: PAGE + 1])
    count = _count(found, shown=len(page), after=after)
    skipped = set(CaseSkip.objects.filter(user=user, case__in=page).values_list("case", flat=True))
    ticked = ticks_of(query)
    here = {case.pk for case in page[:PAGE]}
    context = {
        "rows": rows_of(page[:PAGE]),
        "ticked": ticked,
        "ticked_elsewhere": [pk for pk in ticked if pk not in here],
        "most_ticks": TICKED,
        "skipped": skipped,
        "count": count,
        "count_words": number_format(count) if count <= bulk.MOST else f"{number_format(bulk.MOST)}+",
        "too_many": count > bulk.MOST,
        "most": bulk.MOST,
        "older": selection.position_of(page[PAGE - 1]) if len(page) > PAGE else "",
        "is_first": not after,
        "filters": filters,
        "query": filters.as_query(),
        "fields": filters.as_dict(),
        "shows": _shows(filters),
        "tiers": selection.TIERS,
        "signals": selection.SIGNALS,
        "traits": selection.TRAITS,
        "ages": selection.AGES,
        "versions": list(Policy.objects.order_by("-version").values_list("version", flat=True)[:VERSIONS]),
        "kept": _kept(user, filters),
        "actions": ANSWERS.values(),
    }
    return render(request, "gallery/cases.html", context)


def _count(found: CaseQuerySet, *, shown: int, after: str) -> int:
    """How many match, up to one more than a job takes. A first page that is not full has counted them already."""
    if not after and shown <= PAGE:
        return shown
    return found.order_by()[: bulk.MOST + 1].count()


def _shows(filters: Filters) -> list[tuple[str, str, bool]]:
    """The queues as links that keep the other filters: label, address, whether it is this one."""
    links = []
    for name, label in selection.SHOWS.items():
        link = QueryDict(mutable=True)
        link.update({**filters.as_dict(), "show": name})
        links.append((str(label), f"?{link.urlencode()}", name == filters.show))
    return links


def _kept(user: User, filters: Filters) -> list[Kept]:
    here = filters.as_dict()
    return [
        Kept(
            pk=saved.pk,
            name=saved.name,
            address=f"{reverse('cases')}?{Filters.read(saved.filters).as_query()}",
            is_here=saved.filters == here,
        )
        for saved in SavedFilter.objects.filter(user=user)[:KEPT]
    ]


@moderating
@require_POST
def keep_filter(request: SignedIn) -> HttpResponse:
    """Keep the filters of the form under a name. The same name again replaces what it stood for."""
    filters, user = Filters.read(request.POST), request.user
    name = " ".join(request.POST.get("name", "").replace("\0", "").split())[:60]
    back = f"{reverse('cases')}?{filters.as_query()}"
    mine = SavedFilter.objects.filter(user=user)
    if not name:
        messages.info(request, _("Give the filters a name to keep them."))
    elif not mine.filter(name=name).exists() and mine.count() >= KEPT:
        messages.info(request, _("You keep %(n)s filters already. Delete one first.") % {"n": KEPT})
    else:
        _keep(user, name, filters)
        messages.success(request, _("Kept as “%(name)s”.") % {"name": name})
    return redirect(back)


def _keep(user: User, name: str, filters: Filters) -> None:
    values = {"filters": filters.as_dict()}
    try:
        with transaction.atomic():
            SavedFilter.objects.update_or_create(user=user, name=name, defaults=values)
    except IntegrityError:
        # Sent twice at the same moment: the other one made the row.
        SavedFilter.objects.filter(user=user, name=name).update(**values)


@moderating
@require_POST
def forget_filter(request: SignedIn, filter_id: int) -> HttpResponse:
    saved = get_object_or_404(SavedFilter, pk=filter_id, user=request.user)
    saved.delete()
    messages.success(request, _("“%(name)s” is not kept any more.") % {"name": saved.name})
    return redirect("cases")
