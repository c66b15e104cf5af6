"""Verdicts: what holds about contents."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from gallery.api.cases import moderator
from gallery.api.reviewing import VerdictOut, VerdictsOut
from gallery.api.schemas import DecisionOut, UndoIn
from gallery.api.signing_in import caller
from gallery.models import Verdict
from gallery.review import undo

router = Router(tags=["verdicts"])


class Page(Schema):
    """Which part of the list."""

    after: int | None = Field(None, description="The number of the last verdict of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.get("", response=VerdictsOut)
def verdicts(request: HttpRequest, page: Query[Page]) -> VerdictsOut:
    """What holds by now, newest first. For those who review or inspect."""
    if not caller(request).may_see_all_images:
        raise PermissionDenied("Only moderators see verdicts. Ask an admin for the role.")
    found = Verdict.objects.live().newest_first()
    last = Verdict.objects.filter(pk=page.after).first() if page.after is not None else None
    if last:
        found = found.older_than(last)
    rows = list(found.select_related("by").prefetch_related("contents__image")[: page.limit + 1])
    items = [VerdictOut.of(verdict) for verdict in rows[: page.limit]]
    return VerdictsOut(items=items, next=items[-1].id if len(rows) > page.limit else None)


@router.post("/{int:verdict_id}/revoke", response=DecisionOut)
def revoke(request: HttpRequest, verdict_id: int, given: UndoIn) -> DecisionOut:
    """
    Take back the decision that gave it, which is a decision too and can be undone: what it closed is open again.

    Its author for a day, seniors always.
    """
    user = moderator(request)
    found = get_object_or_404(Verdict.objects.select_related("decision"), pk=verdict_id)
    return DecisionOut.of(undo.revoke(found, user, decision_id=given.id, reason=given.reason))
