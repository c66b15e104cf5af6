"""Decisions: take one, look at it, take it back."""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from gallery.api.cases import moderator
from gallery.api.naming import members_of
from gallery.api.reviewing import PlanOut
from gallery.api.schemas import DecisionIn, DecisionOut, UndoIn
from gallery.api.signing_in import caller
from gallery.models import Case, Decision, User
from gallery.review import actions, appeals, splitting, undo
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
    named = members_of(case, [*given.images, *given.at, given.keeper, given.file_of])
    submit = Submit(
        decision_id=given.id,
        seen_version=given.seen_version,
        images=[named[public_id].pk for public_id in given.images],
        keeper=named[given.keeper].pk if given.keeper else None,
        file=named[given.file_of].file_id if given.file_of else None,
        choices=given.choices,
        rest=given.rest,
        bridge=splitting.bridge_between(case, [named[public_id].pk for public_id in given.at]),
        reason=given.reason,
        note=given.note,
    )
    return DecisionOut.of(actions.run(given.action, case, user, submit=submit))


@router.get("/{uuid:decision_id}", response=DecisionOut)
def decision(request: HttpRequest, decision_id: UUID) -> DecisionOut:
    """One decision. For those who review or inspect."""
    if not caller(request).may_see_all_images:
        raise Http404
    found = get_object_or_404(Decision.objects.select_related("actor"), pk=decision_id)
    return DecisionOut.of(Outcome(found, found.pairs_closed, str(found)))


def _concerning(request: HttpRequest, decision_id: UUID) -> tuple[User, Decision]:
    """
    A decision for those who review or inspect, and for the owners of its images.

    :raises Http404: for everybody else.
    """
    user = caller(request)
    found = get_object_or_404(Decision, pk=decision_id)
    if not (user.may_see_all_images or appeals.concerned(user, found)):
        raise Http404
    return user, found


@router.get("/{uuid:decision_id}/undo", response=PlanOut)
def plan(request: HttpRequest, decision_id: UUID) -> PlanOut:
    """What taking it back would restore, leave because it was changed since, and not be able to bring back."""
    user, found = _concerning(request, decision_id)
    undo.check_may_undo(user, found)
    return PlanOut.of(undo.plan(found))


@router.post("/{uuid:decision_id}/undo", response=DecisionOut)
def take_back(request: HttpRequest, decision_id: UUID, given: UndoIn) -> DecisionOut:
    """
    Take a decision back, whenever and in any order; an undo taken back is made again.

    Its author for a day, seniors always, and the owner of an image whose keeper was removed since.
    """
    user, found = _concerning(request, decision_id)
    made = undo.undo(found, user, decision_id=given.id, reason=given.reason, force=given.force)
    return DecisionOut.of(made)
