"""The desk: one case, its answers, and what to do when somebody else was faster."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.detection.asking import ask_for_comparison, ask_for_drawing
from gallery.errors import AlreadyDecided, CaseChanged, NotAllowed, ReviewError
from gallery.models import Case, Decision, Image, Pair, User
from gallery.review import access, actions, queue, undo, words
from gallery.review.queue import Opened
from gallery.review.submit import Submit
from gallery.views.access import SignedIn, moderating, reviewing
from gallery.views.desk import Desk
from gallery.views.judging import Judging
from gallery.views.keys import by_name, key_map
from gallery.views.progress import progress
from gallery.views.sitting import Sitting
from gallery.views.ties import Ties
from gallery.views.wish import Wish

AHEAD = 3
"""Cases whose pictures are fetched while somebody looks at this one."""

LONGEST_NUMBER = 19
"""Digits of the largest id that a database keeps, at the least."""


@reviewing
@require_safe
def case(request: SignedIn, case_id: int) -> HttpResponse:
    """The case on the desk. One that is closed says what happened to it."""
    user = request.user
    opened = queue.opened(user, case_id)
    if opened is None:
        raise Http404
    found = opened.case
    if found.state == Case.State.CLOSED:
        return closed(request, found)
    desk = desk_of(request, found, is_said=opened.is_said)
    if len(desk.images) < 2:  # it was closed between the two queries
        return closed(request, found)
    may_decide = not (why_not := _why_not(desk))
    ahead, sitting, previous = is_ahead(request), Sitting.of(request), None
    lease = opened.lease
    if may_decide and not ahead and (lease.mine or lease.holder is None):
        lease = queue.take(found, user, is_own=desk.is_own)
    if not ahead:  # else nobody looks yet: no lease, no trail, no work
        previous = sitting.follow(found.pk)
        sitting.work(request)
        if may_decide:
            _ask_for_work(desk)
    context = {
        **_around(user, opened),
        **_signs(user, desk, may_decide=may_decide),
        "case": found,
        "desk": desk,
        "lease": lease,
        "ties": Ties(desk),
        "may_decide": may_decide,
        "why_not": why_not,
        "decision_id": uuid.uuid4(),
        "previous_case": previous,
        "is_ahead": ahead,
    }
    response = render(request, "gallery/case.html", context)
    if not ahead:
        sitting.keep(request, response)
    return response


def _ask_for_work(desk: Desk) -> None:
    """What lies on the stage is compared and drawn, if it was not: any two of a group may be chosen."""
    if desk.pair is None:
        ask_for_comparison(desk.a.pk, desk.b.pk)
    elif desk.alignable:
        ask_for_drawing(desk.pair)


def _around(user: User, opened: Opened) -> dict[str, Any]:
    """Where the case stands in the work of somebody: what comes next, how far they are, what they may take back."""
    if not user.may_review:
        return {}
    upcoming = queue.upcoming(user, after=opened.case, limit=AHEAD, left=opened.left)
    return {
        "progress": progress(user, done=opened.done, left=opened.left),
        "next_case": upcoming[0].case if upcoming else None,
        "upcoming": [image for one in upcoming for image in one.images[:2]],
        "upcoming_cases": [one.case for one in upcoming],
        "undoable": opened.undoable,
    }


def _signs(user: User, desk: Desk, *, may_decide: bool) -> dict[str, Any]:
    """The keys, and the answers that they give."""
    keys = key_map(user)
    signs = by_name(keys)
    return {"keys": keys, "keys_by_name": signs, "judging": Judging(desk, signs) if may_decide else None}


def is_ahead(request: SignedIn) -> bool:
    """Whether a browser fetches the page in case it will be shown: what that changes would be told of nobody."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def desk_of(request: SignedIn, found: Case, *, is_said: bool = True) -> Desk:
    """The desk of an open case. ``is_said``: whether there may be comments."""
    members = Image.objects.filter(memberships__case=found, memberships__live=True).order_by("pk")
    shown = members.with_reveals(request.user, day=timezone.localdate())
    images = {image.pk: image for image in shown.select_related("owner", "file__image")}
    pairs = list(Pair.objects.among(list(images)).order_by("-tier", "-score", "pk").select_related("policy"))
    for pair in pairs:
        pair.left, pair.right = images[pair.left_id], images[pair.right_id]
    return Desk(
        case=found,
        user=request.user,
        images=list(images.values()),
        pairs=pairs,
        wish=Wish.of(request.GET),
        is_said=is_said,
    )


def closed(request: SignedIn, found: Case) -> HttpResponse:
    """What happened to a case that is no longer open, and the way to the next."""
    last = Decision.objects.filter(case=found).select_related("actor").newest_first().first()
    context = {
        "case": found,
        "decision": last,
        "told": words.told(last) if last else "",
        "may_undo": last is not None and last.actor == request.user and undo.may_undo(request.user, last),
    }
    return render(request, "gallery/case_closed.html", context)


@moderating
@require_POST
def act(request: SignedIn, case_id: int, action: str) -> HttpResponseBase:
    """Give an answer and go to the next case."""
    chosen = actions.ACTIONS.get(action)
    if chosen is None:
        raise Http404
    found = get_object_or_404(Case, pk=case_id)
    try:
        outcome = chosen.run(found, request.user, submit=submitted(request, found))
    except (AlreadyDecided, CaseChanged) as lost:
        return conflict(request, found, lost)
    except ReviewError as refusal:
        return refused(request, found, refusal)
    messages.success(request, outcome.sentence, extra_tags=str(outcome.decision.pk))
    # After a split the larger part is still this case, and still to be answered.
    return go_on(request, found) if chosen.is_answer else redirect("case", found.pk)


def submitted(request: SignedIn, found: Case) -> Submit:
    """
    What the form says.

    :raises CaseChanged: if it lacks its id or the version that was on screen, as a form of another page would.
    """
    form = request.POST
    try:
        decision_id, seen_version = uuid.UUID(form.get("decision_id", "")), int(form.get("seen_version", ""))
    except ValueError as broken:
        raise CaseChanged(_("The page was not complete. Look at the case again and answer once more.")) from broken
    named = form.getlist("images")
    members = Image.objects.filter(memberships__case=found).values_list("public_id", "pk", "file")
    ids, files = {name: pk for name, pk, _file in members}, {name: file for name, _pk, file in members}
    unknown = set(named) - set(ids)
    if unknown:
        raise CaseChanged(_("One of the pictures is not in this case any more. Look at it again."))
    keeper = form.get("keeper", "")
    prefix = "choice-"
    return Submit(
        decision_id=decision_id,
        seen_version=seen_version,
        images=sorted({ids[name] for name in named}),
        keeper=ids.get(keeper),
        file=files.get(form.get("file", "") or keeper),
        choices={name.removeprefix(prefix): str(value) for name, value in form.items() if name.startswith(prefix)},
        rest="different" if form.get("rest") == "different" else "",
        bridge=int(bridge) if (bridge := form.get("bridge", "")).isdecimal() and len(bridge) < LONGEST_NUMBER else None,
        reason=form.get("reason", ""),
        note=form.get("note", ""),
    )


def go_on(request: SignedIn, found: Case) -> HttpResponse:
    """To the next case; to the queue after the last."""
    following = queue.next_for(request.user, after=found)
    return redirect("case", following.pk) if following else redirect("review")


def conflict(request: SignedIn, found: Case, lost: ReviewError) -> HttpResponse:
    """Somebody else was faster: who, what and when, with the ways on. Nothing was changed."""
    found.refresh_from_db()
    theirs = Decision.objects.filter(pk=lost.decision).first() if isinstance(lost, AlreadyDecided) else None
    context = {
        "case": found,
        "sentence": str(lost),
        "decision": theirs,
        "may_undo": theirs is not None and undo.may_undo(request.user, theirs),
        "is_open": found.state == Case.State.OPEN,
    }
    return render(request, "gallery/case_conflict.html", context, status=lost.status)


def refused(request: SignedIn, found: Case, refusal: ReviewError) -> HttpResponse:
    """A rule forbids the answer: say which, and show the case again."""
    context = {"case": found, "sentence": str(refusal), "is_open": True, "rule": True}
    return render(request, "gallery/case_conflict.html", context, status=refusal.status)


@moderating
@require_POST
def skip(request: SignedIn, case_id: int) -> HttpResponse:
    """Leave the case to others."""
    found = get_object_or_404(Case, pk=case_id)
    queue.skip(found, request.user)
    messages.info(request, _("Skipped. Others will see it."))
    return go_on(request, found)


@moderating
@require_POST
def escalate(request: SignedIn, case_id: int) -> HttpResponse:
    """Hand the case to a senior moderator, with a note."""
    found = get_object_or_404(Case, pk=case_id)
    try:
        queue.escalate(found, request.user, note=request.POST.get("note", ""))
    except ReviewError as refusal:
        return refused(request, found, refusal)
    messages.info(request, _("Escalated. A senior moderator will decide."))
    return go_on(request, found)


@moderating
@require_POST
def comment(request: SignedIn, case_id: int) -> HttpResponse:
    """Say something to whoever decides the case."""
    found = get_object_or_404(Case, pk=case_id)
    try:
        queue.comment(found, request.user, text=request.POST.get("text", ""))
    except ReviewError as refusal:
        return refused(request, found, refusal)
    messages.info(request, _("The comment is with the case."))
    return redirect("case", found.pk)


@moderating
@require_POST
def take_over(request: SignedIn, case_id: int) -> HttpResponse:
    """A senior takes the case from whoever is at it."""
    found = get_object_or_404(Case, pk=case_id)
    try:
        queue.take(found, request.user, steal=True)
    except ReviewError as refusal:
        return refused(request, found, refusal)
    return redirect("case", found.pk)


@moderating
@require_POST
def heartbeat(request: SignedIn, case_id: int) -> HttpResponse:
    """The lease goes on while the page is open; the part of the page that says whose it is."""
    found = get_object_or_404(Case, pk=case_id)
    if found.state == Case.State.CLOSED:
        return HttpResponse(status=286)  # htmx stops asking
    lease = queue.heartbeat(found, request.user)
    context = {"case": found, "lease": lease, "may_decide": True}
    return render(request, "gallery/case_desk.html#lease", context)


@moderating
@require_safe
def merge_preview(request: SignedIn, case_id: int) -> HttpResponse:
    """Every change that a merge would make: in a dialog, or as a page."""
    found = get_object_or_404(Case.objects.open(), pk=case_id)
    desk = desk_of(request, found)
    if len(desk.images) < 2:  # it was closed between the two queries
        return redirect("case", found.pk)
    context = {"case": found, "desk": desk, "judging": Judging(desk, {})}
    template = "gallery/merge_preview.html"
    return render(request, f"{template}#changes" if request.headers.get("HX-Request") else template, context)


def _why_not(desk: Desk) -> str:
    """Why the answers are not offered to this person; empty if they are."""
    try:
        access.check_case(desk.user, desk.case, is_own=desk.is_own)
    except NotAllowed as refusal:
        return str(refusal)
    return ""
