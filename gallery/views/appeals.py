"""Owners ask for another look; seniors who did not decide answer, and settle disagreements."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.errors import ReviewError
from gallery.models import Appeal, Decision, Image, Merge, MergeMember, User
from gallery.review import appeals, dissent, overview, undo, words
from gallery.views.access import SignedIn, moderating, signed_in

SHOWN = 20
"""Of each kind, the oldest appeals and the newest disagreements. They are to be answered, not to be browsed."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An appeal of the page: on what, with the pictures it is about."""

    appeal: Appeal
    when: str
    sentence: str
    images: list[Image]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """Two answers to one case, the second without effect."""

    second: Decision
    first: Decision | None
    images: list[Image]


@dataclass(frozen=True, kw_only=True)
class Absorbed:
    """An image of the reader's that was merged into the one on the page."""

    image: Image
    merge: Merge
    may_ask: bool
    may_take_back: bool
    appeal: Appeal | None


@moderating
@require_safe
def waiting(request: SignedIn) -> HttpResponse:
    """What waits for this senior."""
    return _page(request)


def _page(request: SignedIn, *, refusal: ReviewError | None = None) -> HttpResponse:
    if not request.user.may_override:
        raise PermissionDenied
    user = request.user
    asked = list(appeals.waiting_for(user).select_related("by", "decision__actor", "decision__case")[:SHOWN])
    seconds = list(dissent.waiting_for(user)[:SHOWN])
    firsts = dissent.firsts_of(seconds)
    images = overview.pictures_of([*(one.decision for one in asked), *firsts.values()])
    context = {
        "appeals": [_asked(appeal, images[appeal.decision_id]) for appeal in asked],
        "disagreements": [
            Disagreement(second=second, first=first, images=images[first.pk] if first else [])
            for second in seconds
            for first in [firsts.get(second.pk)]
        ],
        "problem": str(refusal) if refusal else "",
        "new_id": uuid.uuid4(),
    }
    return render(request, "gallery/appeals.html", context, status=refusal.status if refusal else 200)


def _asked(appeal: Appeal, images: list[Image]) -> Asked:
    return Asked(appeal=appeal, when=words.ago(appeal.created_at), sentence=words.told(appeal.decision), images=images)


@moderating
@require_POST
def answer(request: SignedIn, appeal_id: int) -> HttpResponse:
    """Grant an appeal, which takes the decision back, or let the decision stand."""
    found = get_object_or_404(Appeal.objects.select_related("decision"), pk=appeal_id)
    granted = request.POST.get("granted") == "yes"
    note = request.POST.get("note", "")
    try:
        appeals.answer(found, request.user, granted=granted, note=note, decision_id=_form_id(request))
    except ReviewError as refusal:
        return _page(request, refusal=refusal)
    sentence = _("Taken back, as %(name)s asked.") if granted else _("The decision stands. %(name)s reads why.")
    messages.success(request, sentence % {"name": words.name_of(found.by)})
    return redirect("appeals")


def _form_id(request: SignedIn) -> uuid.UUID:
    """The id that the form came with, so that sent twice it has one effect."""
    try:
        return uuid.UUID(request.POST.get("decision_id", ""))
    except ValueError:
        return uuid.uuid4()


@signed_in
@require_POST
def ask(request: SignedIn, public_id: str) -> HttpResponse:
    """The owner of a merged image asks for it to be given back."""
    found, merge = _own(request, public_id)
    appeals.ask(merge.decision, request.user, note=request.POST.get("note", ""))
    messages.success(request, _("Your question waits for a senior moderator who did not decide about it."))
    return redirect(found.canonical)


@signed_in
@require_POST
def take_back(request: SignedIn, public_id: str) -> HttpResponse:
    """The owner of a merged image whose keeper was removed takes it back, without asking."""
    found, merge = _own(request, public_id)
    undo.undo(merge.decision, request.user, decision_id=_form_id(request))
    messages.success(request, _("“%(name)s” stands for itself again.") % {"name": found.name})
    return redirect(found)


def _own(request: SignedIn, public_id: str) -> tuple[Image, Merge]:
    """:raises Http404: unless it is an image of the reader's that a merge holds."""
    found = get_object_or_404(Image.objects.filter(owner=request.user).for_pages(), public_id=public_id)
    merge = appeals.merge_of(found)
    if merge is None:
        raise Http404
    return found, merge


def absorbed_of(user: User, keeper: Image) -> list[Absorbed]:
    """The images of ``user`` that were merged into ``keeper``, newest first, with what they may do about it."""
    held = MergeMember.objects.filter(image__merged_into=keeper, image__owner=user, restored_at=None)
    rows = held.filter(merge__undone_at=None).order_by("-image", "-merge")[:SHOWN]
    members: dict[int, MergeMember] = {}
    for member in rows.select_related("image__file", "merge__decision__actor"):
        members.setdefault(member.image_id, member)
    # Of one merge all that follows is asked once.
    standing = {m.merge.decision_id for m in members.values() if m.merge.decision.is_standing}
    asked = list(Appeal.objects.filter(by=user, decision__in=standing).order_by("pk"))
    newest = {one.decision_id: one for one in asked}
    waiting = {one.decision_id for one in asked if one.answered_at is None}
    back = undo.lost_their_keeper(standing, user)
    return [
        Absorbed(
            image=member.image,
            merge=member.merge,
            may_ask=(decision := member.merge.decision_id) in standing - back - waiting,
            may_take_back=decision in back,
            appeal=newest.get(decision),
        )
        for member in members.values()
    ]


def appeal_of(user: User, image: Image) -> Appeal | None:
    """The newest appeal of ``user`` on what was decided about ``image``."""
    return Appeal.objects.filter(by=user).about(image).select_related("decision").first()
