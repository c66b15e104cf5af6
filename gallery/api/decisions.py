"""Decisions: take one, look at it, take it back."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from gallery.api.cases import moderator
from gallery.api.schemas import DecisionIn, DecisionOut, UndoIn
from gallery.api.signing_in import caller
from gallery.models import Case, Decision, Image
from gallery.review import actions, undo
from gallery.review.submit import Outcome, Submit

router = Router(tags=["decisions"])


@router.post("", response=DecisionOut)
def decide(request: HttpRequest, given: DecisionIn) -> DecisionOut:
    """
    Decide on a case, as the desk does. Sent twice with one ``id`` it has one effect and the same answer.

    409 if somebody was faster, the case changed, or a rule forbids it; the sentence says which.
    """
    user = moderator(request)
    case = get_object_or_404(Case, pk=given.case)
    named = _named(case, {*given.images, given.keeper, given.file_of} - {None})
    submit = Submit(
        decision_id=given.id,
        seen_version=given.seen_version,
        images=[named[public_id].pk for public_id in given.images],
        keeper=named[given.keeper].pk if given.keeper else None,
        file=named[given.file_of].file_id if given.file_of else None,
        choices=given.choices,
        rest=given.rest,
        reason=given.reason,
        note=given.note,
    )
    return DecisionOut.of(actions.run(given.action, case, user, submit=submit))


def _named(case: Case, public_ids: Iterable[str | None]) -> dict[str, Image]:
    """The case's images, by public id. One that was never in the case is not there: 404."""
    wanted = set(public_ids)
    images = Image.objects.filter(memberships__case=case, public_id__in=wanted)
    found = {image.public_id: image for image in images}
    if wanted - found.keys():
        raise Http404
    return found


@router.get("/{uuid:decision_id}", response=DecisionOut)
def decision(request: HttpRequest, decision_id: UUID) -> DecisionOut:
    """One decision. For those who review or inspect."""
    if not caller(request).may_see_all_images:
        raise Http404
    found = get_object_or_404(Decision.objects.select_related("actor"), pk=decision_id)
    return DecisionOut.of(Outcome(found, found.pairs_closed, str(found)))


@router.post("/{uuid:decision_id}/undo", response=DecisionOut)
def take_back(request: HttpRequest, decision_id: UUID, given: UndoIn) -> DecisionOut:
    """Take a decision back, whenever and in any order. Its author for a day, seniors always."""
    user = moderator(request)
    found = get_object_or_404(Decision, pk=decision_id)
    return DecisionOut.of(undo.undo(found, user, decision_id=given.id, reason=given.reason))
