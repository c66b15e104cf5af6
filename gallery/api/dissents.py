"""Dissents: answers that came second and disagreed, until a senior has looked at both."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from gallery.api.cases import moderator
from gallery.api.reviewing import DissentOut, DissentsOut, Note
from gallery.models import Decision
from gallery.review import dissent

router = Router(tags=["dissents"])

LISTED = 200


@router.get("", response=DissentsOut)
def waiting(request: HttpRequest) -> DissentsOut:
    """Those that the caller may settle, newest first: none for those who are no seniors."""
    found = dissent.waiting_for(moderator(request))[:LISTED]
    return DissentsOut(items=[DissentOut.of(decision) for decision in found])


@router.post("/{uuid:decision_id}/settle", response={204: None})
def settle(request: HttpRequest, decision_id: UUID, given: Note) -> Status[None]:
    """Let the first answer stand. To give the second instead, undo the first decision on the case."""
    user = moderator(request)
    dissent.settle(get_object_or_404(Decision, pk=decision_id, dissent=True), user, note=given.note)
    return Status(204, None)
