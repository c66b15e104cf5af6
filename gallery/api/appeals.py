"""Appeals: an owner asks for another look, a senior who did not decide answers."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from gallery.api.reviewing import AnswerIn, AppealIn, AppealOut, AppealsOut
from gallery.api.signing_in import caller
from gallery.models import Appeal, Image
from gallery.review import appeals

router = Router(tags=["appeals"])

LISTED = 200


@router.get("", response=AppealsOut)
def waiting(request: HttpRequest, mine: bool = False) -> AppealsOut:
    """Those that the caller may answer, oldest first; with ``mine`` those that the caller made, newest first."""
    user = caller(request)
    found = Appeal.objects.filter(by=user).order_by("-pk") if mine else appeals.waiting_for(user)
    return AppealsOut(items=[AppealOut.of(appeal) for appeal in found.select_related("by")[:LISTED]])


@router.post("", response={201: AppealOut})
def ask(request: HttpRequest, given: AppealIn) -> Status[AppealOut]:
    """Ask for one's own image to be given back by the merge that holds it."""
    user = caller(request)
    image = get_object_or_404(Image.objects.filter(owner=user), public_id=given.image)
    merge = appeals.merge_of(image)
    if merge is None:
        raise Http404
    return Status(201, AppealOut.of(appeals.ask(merge.decision, user, note=given.note)))


@router.post("/{int:appeal_id}/answer", response=AppealOut)
def answer(request: HttpRequest, appeal_id: int, given: AnswerIn) -> AppealOut:
    """Grant it, which takes the decision back, or let the decision stand. For seniors who did not take it."""
    user = caller(request)
    found = get_object_or_404(Appeal, pk=appeal_id)
    if not (user.may_override or found.by_id == user.pk):
        raise Http404
    answered = appeals.answer(found, user, granted=given.granted, note=given.note, decision_id=given.id)
    return AppealOut.of(answered)
