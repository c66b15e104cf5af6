"""What was decided, by whom, and the way back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.errors import ReviewError
from gallery.models import Decision, Image, Merge, User, Verdict
from gallery.review import dissent, journal_words, overview, reasons, undo
from gallery.views.access import SignedIn, moderating, reviewing

PAGE = 40

MINE, EVERYBODY = "mine", "all"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A decision of the list, with the pictures it was about."""

    decision: Decision
    images: list[Image]
    sentence: str
    reason: str
    may_undo: bool


@reviewing
@require_safe
def decisions(request: SignedIn) -> HttpResponse:
    """Newest first, forty a page; one's own, or everybody's by person and by action."""
    query = request.GET
    whose = query.get("whose", MINE if request.user.may_review else EVERYBODY)
    found = Decision.objects.newest_first()
    if whose == MINE:
        found = found.by(request.user)
    elif query.get("person"):
        found = found.filter(actor__username=query["person"])
    action = query.get("action", "")
    if action in Decision.Action.values:
        found = found.filter(action=action)
    last = _named(query.get("before", ""))
    if last:
        found = found.older_than(last)
    rows = list(found.select_related("actor", "undone_by", "undoes")[: PAGE + 1])
    context = {
        "rows": rows_of(rows[:PAGE], request.user),
        "older": _older(query, rows),
        "is_first": last is None,
        "whose": whose,
        "action": action,
        "person": query.get("person", ""),
        "actions": Decision.Action.choices,
    }
    return render(request, "gallery/decisions.html", context)


def rows_of(decisions: Sequence[Decision], user: User) -> list[Row]:
    return [
        Row(
            decision=seen.decision,
            images=seen.images,
            sentence=seen.sentence,
            reason=reasons.label_of(seen.decision),
            may_undo=seen.may_undo,
        )
        for seen in overview.look_at(decisions, user)
    ]


@reviewing
@require_safe
def decision(request: SignedIn, decision_id: uuid.UUID) -> HttpResponse:
    """One decision, and what taking it back would do."""
    found = get_object_or_404(Decision.objects.select_related("actor", "case", "undone_by", "undoes"), pk=decision_id)
    (row,) = rows_of([found], request.user)
    context = {
        "decision": found,
        "row": row,
        "merges": found.merges.all(),
        "later": found.undos.select_related("actor").order_by("at"),
        "plan": undo.plan(found) if row.may_undo else None,
        "reasons": reasons.REASONS[Decision.Action.UNDO],
        "decision_id": uuid.uuid4(),
        "first": dissent.first_of(found) if found.dissent else None,
        "may_settle": found.dissent and dissent.waiting_for(request.user).filter(pk=found.pk).exists(),
    }
    return render(request, "gallery/decision.html", context)


@moderating
@require_POST
def undo_one(request: SignedIn, decision_id: uuid.UUID) -> HttpResponse:
    """Take a decision back, or an undo: then it holds again."""
    return _taken_back(request, get_object_or_404(Decision, pk=decision_id))


@moderating
@require_POST
def settle(request: SignedIn, decision_id: uuid.UUID) -> HttpResponse:
    """A senior lets the first of two answers stand."""
    found = get_object_or_404(Decision, pk=decision_id)
    try:
        dissent.settle(found, request.user, note=request.POST.get("note", ""))
    except ReviewError as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("The first answer stands."))
    return redirect("decision", found.pk)


@moderating
@require_POST
def undo_latest(request: SignedIn) -> HttpResponse:
    """Take back the last thing one did."""
    latest = undo.latest_of(request.user)
    if latest is None:
        messages.info(request, _("There is nothing to undo."))
        return redirect("review")
    return _taken_back(request, latest)


def _taken_back(request: SignedIn, found: Decision) -> HttpResponse:
    try:
        decision_id = uuid.UUID(request.POST.get("decision_id", ""))
    except ValueError:
        decision_id = uuid.uuid4()  # a toast's form has none; it is pressed once
    try:
        outcome = undo.undo(
            found,
            request.user,
            decision_id=decision_id,
            reason=request.POST.get("reason", ""),
            force=[int(entry) for entry in request.POST.getlist("force") if entry.isdecimal()],
        )
    except ReviewError as refusal:
        return _refused(request, found, refusal)
    holds = found.action == Decision.Action.UNDO
    level = messages.SUCCESS if holds else messages.INFO
    messages.add_message(request, level, outcome.sentence, extra_tags=str(outcome.decision.pk))
    return redirect("case", outcome.case.pk) if outcome.case else redirect("decision", found.pk)


def _refused(request: SignedIn, found: Decision, refusal: ReviewError) -> HttpResponse:
    context = {"case": found.case, "sentence": str(refusal), "decision": found, "rule": True}
    return render(request, "gallery/case_conflict.html", context, status=refusal.status)


@reviewing
@require_safe
def verdicts(request: SignedIn) -> HttpResponse:
    """What holds about contents, newest first; on request also what was taken back."""
    query = request.GET
    found = Verdict.objects.newest_first()
    if query.get("state") != "all":
        found = found.live()
    kind, person = query.get("kind", ""), query.get("person", "").strip()
    if kind in Verdict.Kind.values:
        found = found.filter(kind=kind)
    if person:
        found = found.filter(by__username=person)
    before = query.get("before", "")
    last = Verdict.objects.filter(pk=before).first() if before.isdecimal() else None
    if last:
        found = found.older_than(last)
    rows = list(
        found.select_related("by", "decision", "revoked_by").prefetch_related("contents__image__file")[: PAGE + 1]
    )
    context = {
        "rows": rows[:PAGE],
        "older": _older(query, rows),
        "is_first": last is None,
        "state": query.get("state", ""),
        "kind": kind,
        "person": person,
        "kinds": Verdict.Kind.choices,
    }
    return render(request, "gallery/verdicts.html", context)


@reviewing
@require_safe
def merge(request: SignedIn, merge_id: int) -> HttpResponse:
    """One merge: what was kept, what was folded in, and every change in words."""
    found = get_object_or_404(Merge.objects.select_related("keeper__file", "by", "decision", "undone_by"), pk=merge_id)
    members = Image.objects.filter(absorbed_by__merge=found).select_related("file", "owner").order_by("pk")
    entries = list(found.journal.all())
    names = journal_words.Names.of(entries)
    context = {
        "merge": found,
        "members": members,
        "changes": [(journal_words.done(entry, names), entry.reverted_at is not None) for entry in entries],
        "may_undo": undo.may_undo(request.user, found.decision),
    }
    return render(request, "gallery/merge.html", context)


def _named(decision_id: str) -> Decision | None:
    try:
        return Decision.objects.filter(pk=uuid.UUID(decision_id)).first()
    except ValueError:
        return None


def _older(query: QueryDict, rows: list[Decision] | list[Verdict]) -> str:
    """The address of the next page, if there is one."""
    if len(rows) <= PAGE:
        return ""
    link = query.copy()
    link["before"] = str(rows[PAGE - 1].pk)
    return f"?{link.urlencode()}"
