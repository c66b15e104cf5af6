"""Answering many cases at once: look first, send once, watch it, stop it, take it back."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Greatest
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.errors import ReviewError, RuleBroken
from gallery.models import BulkItem, BulkJob, Case, CaseMember, Decision, Image
from gallery.models.case import CaseQuerySet
from gallery.review import bulk, bulk_rules, reasons, selection
from gallery.review.actions import ANSWERS, Action
from gallery.review.selection import Filters
from gallery.views.access import SignedIn, moderating, reviewing
from gallery.views.case_rows import rows_of
from gallery.views.ticks import TICKED, ticks_of

SAMPLE = 8
LEFT_OUT = 40
STOP_POLLING = 286
"""htmx stops a poll that is answered with this status."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a form asks for: the filters, perhaps some ticks, and the answer."""

    filters: Filters
    ticked: list[int]
    action: Action

    @classmethod
    def read(cls, query: QueryDict) -> "Choice":
        """
        :raises Http404: if there is no such action.
        """
        action = ANSWERS.get(query.get("action", ""))
        if action is None:
            raise Http404
        return cls(
            filters=Filters.read(query),
            ticked=[] if query.get("scope") == "all" else ticks_of(query),
            action=action,
        )

    def cases(self, request: SignedIn) -> CaseQuerySet:
        return selection.only(selection.matching(self.filters, request.user), self.ticked)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is, in cases and in words."""

    done: int
    total: int
    decided: int
    pairs: int
    words: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Cases that were left out, or whose decision still stands, for one reason."""

    label: str | Promise
    count: int


@moderating
@require_safe
def preview(request: SignedIn) -> HttpResponse:
    """What would be decided: how many cases, some of them, and what is left out for certain."""
    query = request.GET
    if query.get("scope") == "ticked" and not query.getlist("case"):
        return _preview(request, Choice.read(query), refusal=_("Tick some cases first, or take all that match."))
    return _preview(request, Choice.read(query))


def _preview(request: SignedIn, choice: Choice, *, refusal: str = "", status: int = 200) -> HttpResponse:
    cases = choice.cases(request)
    found = selection.seal(cases)
    too_many = len(choice.ticked) > TICKED
    if too_many:
        refusal = _("Up to %(n)s cases can be ticked at once. Tick fewer, or take all that match.") % {"n": TICKED}
    if not refusal:
        try:
            bulk.check_size(found.count)
        except RuleBroken as rule:
            refusal, status = str(rule), rule.status
    context = {
        "action": choice.action,
        "is_merge": choice.action.name == Decision.Action.MERGE,
        "count": 0 if too_many else found.count,
        "seal": found,
        "rows": rows_of(list(cases.with_surest_pair()[:SAMPLE])),
        "left_out": bulk_rules.known_ahead(cases, request.user, choice.action.name) if not refusal else [],
        "fields": choice.filters.as_dict(),
        "ticked": choice.ticked,
        "reasons": reasons.REASONS[choice.action.name],
        "reason": request.POST.get("reason", ""),
        "note": request.POST.get("note", ""),
        "job_id": uuid.uuid4(),
        "back": f"{reverse('cases')}?{choice.filters.as_query()}",
        "refusal": refusal,
    }
    return render(request, "gallery/bulk_preview.html", context, status=status)


@moderating
@require_POST
def start(request: SignedIn) -> HttpResponse:
    """Send it. If the cases are not those of the preview any more, the preview is shown again."""
    choice, form = Choice.read(request.POST), request.POST
    if len(choice.ticked) > TICKED:
        return _preview(request, choice, status=RuleBroken.status)
    try:
        job = bulk.start(
            request.user,
            choice.cases(request),
            job_id=uuid_of(form.get("job_id", "")),
            action=choice.action.name,
            filters=choice.filters,
            seen=form.get("seal", ""),
            reason=form.get("reason", ""),
            note=form.get("note", ""),
        )
    except ReviewError as refusal:
        return _preview(request, choice, refusal=str(refusal), status=refusal.status)
    return redirect(job)


def uuid_of(given: str) -> uuid.UUID:
    """
    :raises Http404: if ``given`` is none.
    """
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise Http404 from error


@reviewing
@require_safe
def jobs(request: SignedIn) -> HttpResponse:
    """The newest jobs that one may see."""
    found = BulkJob.objects.shown_to(request.user).newest_first().select_related("actor", "undone_by")
    return render(request, "gallery/bulk_jobs.html", {"jobs": found[:LEFT_OUT]})


@reviewing
@require_safe
def job(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    """How far it is, and what became of it."""
    return _job(request, _found(request, job_id))


@reviewing
@require_safe
def progress(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    """The part of the page that moves; the last answer stops the poll."""
    found = _found(request, job_id)
    status = 200 if found.is_at_work else STOP_POLLING
    return render(request, "gallery/bulk.html#progress", _context(request, found), status=status)


def _found(request: SignedIn, job_id: uuid.UUID) -> BulkJob:
    shown = BulkJob.objects.shown_to(request.user).select_related("actor", "undone_by")
    return get_object_or_404(shown, pk=job_id)


def _job(request: SignedIn, found: BulkJob, *, refusal: str = "", status: int = 200) -> HttpResponse:
    context = {**_context(request, found), "refusal": refusal, "reasons": reasons.REASONS[Decision.Action.UNDO]}
    return render(request, "gallery/bulk.html", context, status=status)


def _context(request: SignedIn, found: BulkJob) -> dict[str, object]:
    several = Sum(Greatest("size", 1))  # the pictures of a part of a batch; else it is one case
    rows = found.items.values("state", "code").annotate(count=several, pairs=Sum("pairs_closed")).order_by("-count")
    counted = list(rows)
    gone = [BulkItem.State.LEFT_OUT, BulkItem.State.STANDS]
    items = found.items.filter(state__in=gone).select_related("case").order_by("number")[:LEFT_OUT]
    return {
        "job": found,
        "label": ANSWERS[found.action].label,
        "progress": _progress(found, counted),
        "left_out": _left_out(counted),
        "items": _with_pictures(list(items)),
        "sentence": _words(found),
        "may_stop": bulk.may_stop(request.user, found),
        "may_take_back": bulk.may_take_back(request.user, found),
        "is_mine": found.actor_id == request.user.pk,
        "open": Case.State.OPEN,
    }


def _with_pictures(items: Sequence[BulkItem]) -> list[tuple[BulkItem, list[Image]]]:
    """Each with two of its images, or the two oldest of its case, also of one that is closed since."""
    members = CaseMember.objects.filter(case__in=[item.case_id for item in items if not item.size]).order_by("image")
    by_case: dict[int, list[Image]] = {}
    for member in members.select_related("image__file"):
        by_case.setdefault(member.case_id, []).append(member.image)
    named = [pk for item in items for pk in item.images[:2]]
    by_id = Image.objects.select_related("file").in_bulk(named) if named else {}
    return [
        (item, [by_id[pk] for pk in item.images[:2]] if item.size else by_case.get(item.case_id, [])[:2])
        for item in items
    ]


def _left_out(counted: Sequence[Mapping[str, Any]]) -> list[LeftOut]:
    return [LeftOut(label=bulk_rules.label_of(row["code"]), count=row["count"]) for row in counted if row["code"]]


def _words(found: BulkJob) -> str:
    words = {
        BulkJob.State.WAITING: _("Waiting for its turn."),
        BulkJob.State.RUNNING: _("At work. You can leave this page; it goes on."),
        BulkJob.State.DONE: _("Done."),
        BulkJob.State.CANCELLED: _("Stopped. What was decided before stands."),
        BulkJob.State.UNDOING: _("Being taken back."),
        BulkJob.State.UNDONE: _("Taken back."),
    }
    return words[BulkJob.State(found.state)]


def _progress(found: BulkJob, counted: Sequence[Mapping[str, Any]]) -> Progress:
    by_state: dict[str, int] = {}
    pairs = 0
    for row in counted:
        by_state[row["state"]] = by_state.get(row["state"], 0) + row["count"]
        pairs += row["pairs"] if row["state"] == BulkItem.State.DECIDED else 0
    decided = by_state.get(BulkItem.State.DECIDED, 0)
    if found.state in (BulkJob.State.UNDOING, BulkJob.State.UNDONE):
        taken = by_state.get(BulkItem.State.UNDONE, 0)
        total = taken + decided + by_state.get(BulkItem.State.STANDS, 0)
        words = _("%(n)s of %(all)s decisions taken back.")
        if found.batch_id:
            words = _("The answer is taken back for %(n)s of %(all)s pictures.")
        numbers = {"n": number_format(taken), "all": number_format(total)}
        return Progress(done=total - decided, total=total, decided=decided, pairs=pairs, words=words % numbers)
    done = found.total - by_state.get(BulkItem.State.WAITING, 0)
    words = _("%(n)s of %(all)s cases decided. %(pairs)s pairs closed.")
    if found.batch_id:
        words = _("%(n)s of %(all)s pictures decided. %(pairs)s pairs closed.")
    numbers = {"n": number_format(decided), "all": number_format(found.total), "pairs": number_format(pairs)}
    return Progress(done=done, total=found.total, decided=decided, pairs=pairs, words=words % numbers)


@moderating
@require_POST
def stop(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    found = _found(request, job_id)
    try:
        bulk.stop(found, request.user)
    except ReviewError as refusal:
        return _job(request, found, refusal=str(refusal), status=refusal.status)
    return redirect(found)


@moderating
@require_POST
def take_back(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    found = _found(request, job_id)
    try:
        bulk.take_back(found, request.user, reason=request.POST.get("reason", ""))
    except ReviewError as refusal:
        return _job(request, found, refusal=str(refusal), status=refusal.status)
    return redirect(found)
