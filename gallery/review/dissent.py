"""Answers that came second and disagreed: kept without effect, until a senior has looked at both."""

import uuid
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.errors import NotAllowed, NothingToUndo, RuleBroken
from gallery.models import AuditEntry, CaseMember, Decision, User
from gallery.models.decision import DecisionQuerySet
from gallery.review.transactions import in_one_transaction


def waiting_for(user: User) -> DecisionQuerySet:
    """
    What this person may settle, newest first: a senior who gave neither answer, on images of others.

    Undoing the first answer settles it too.
    """
    kept = Decision.objects.filter(dissent=True, undone_at=None)
    if not user.may_override:
        return kept.none()
    given = Decision.objects.by(user).answers().standing().filter(case=OuterRef("case"))
    first = Exists(given.filter(case_version__gte=OuterRef("case_version")))
    own = Q(image__owner=user) | Q(image__absorbed__owner=user)
    about_theirs = Exists(CaseMember.objects.filter(own, case=OuterRef("case")))
    kept = kept.exclude(actor=user).exclude(first).exclude(about_theirs)
    return kept.select_related("actor", "case").newest_first()


def first_of(second: Decision) -> Decision | None:
    """The answer that was faster and stands."""
    return firsts_of([second]).get(second.pk)


def firsts_of(seconds: Sequence[Decision]) -> dict[uuid.UUID, Decision]:
    """By the id of the one that came second: the answer that was faster and stands. One query."""
    given = Decision.objects.answers().standing().filter(case__in={second.case_id for second in seconds})
    found: dict[uuid.UUID, Decision] = {}
    for first in given.select_related("actor").order_by("at"):
        for second in seconds:
            if first.case_id == second.case_id and (first.case_version or 0) >= (second.case_version or 0):
                found.setdefault(second.pk, first)
    return found


@in_one_transaction
def settle(decision: Decision, by: User, *, note: str) -> None:
    """
    Let the first answer stand.

    :raises NotAllowed: if this person is no senior, or one of the two answers or of the images is their own.
    :raises RuleBroken: without a word on why.
    :raises NothingToUndo: if it was settled meanwhile.
    """
    if not decision.dissent or decision.undone_at:
        raise NothingToUndo(_("This was settled meanwhile. Go on with the next one."))
    if not waiting_for(by).filter(pk=decision.pk).exists():
        raise NotAllowed(_("A senior moderator who gave neither answer settles this."))
    if not note.strip():
        raise RuleBroken(_("Say why the first answer stands."))
    waiting = Decision.objects.filter(pk=decision.pk, dissent=True, undone_at=None)
    if waiting.update(undone_at=timezone.now(), undone_by=by) != 1:
        raise NothingToUndo(_("This was settled meanwhile. Go on with the next one."))
    AuditEntry.objects.append(by, "dissent.settle", f"decision {decision.pk}", note=note.strip())
