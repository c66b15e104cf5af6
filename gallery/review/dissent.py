"""Answers that came second and disagreed: kept without effect, until a senior has looked at both."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.errors import NotAllowed, NothingToUndo, RuleBroken
from gallery.models import AuditEntry, Decision, User
from gallery.review.transactions import in_one_transaction


def waiting_for(user: User) -> QuerySet[Decision]:
    """What this person may settle, newest first: a senior who gave neither answer. Undoing the first settles it too."""
    kept = Decision.objects.filter(dissent=True, undone_at=None)
    if not user.may_override:
        return kept.none()
    return kept.exclude(actor=user).select_related("actor", "case").newest_first()


@in_one_transaction
def settle(decision: Decision, by: User, *, note: str) -> None:
    """
    Let the first answer stand.

    :raises NotAllowed: if this person is no senior, or the dissent is their own.
    :raises RuleBroken: without a word on why.
    :raises NothingToUndo: if it was settled meanwhile.
    """
    if not by.may_override or decision.actor_id == by.pk:
        raise NotAllowed(_("Another senior moderator settles this."))
    if not note.strip():
        raise RuleBroken(_("Say why the first answer stands."))
    waiting = Decision.objects.filter(pk=decision.pk, dissent=True, undone_at=None)
    if waiting.update(undone_at=timezone.now(), undone_by=by) != 1:
        raise NothingToUndo(_("This was settled meanwhile."))
    AuditEntry.objects.append(by, "dissent.settle", f"decision {decision.pk}", note=note.strip())
