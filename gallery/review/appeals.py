"""Owners ask for another look. A senior who did not decide answers."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.errors import NotAllowed, NothingToUndo, RuleBroken
from gallery.models import Appeal, AuditEntry, Decision, Image, Merge, User
from gallery.models.appeal import AppealQuerySet
from gallery.review import undo
from gallery.review.transactions import in_one_transaction


def concerned(user: User, decision: Decision) -> bool:
    """Whether an image of this person's was judged or absorbed by the decision."""
    judged = Image.objects.filter(owner=user, judged_in__verdict__decision=decision)
    absorbed = Image.objects.filter(owner=user, absorbed_by__merge__decision=decision)
    return judged.exists() or absorbed.exists()


def merge_of(image: Image) -> Merge | None:
    """The standing merge that holds an absorbed image: what its owner may ask to be taken back."""
    if image.merged_into_id is None:
        return None
    held = Merge.objects.standing().filter(members__image=image, members__restored_at=None)
    return held.select_related("decision__actor", "keeper__file").order_by("-pk").first()


def may_ask(user: User, decision: Decision) -> bool:
    """Whether the page offers it: a decision that stands, on an image of theirs, and no appeal of theirs waiting."""
    if decision.undone_at or decision.dissent or not concerned(user, decision):
        return False
    return not Appeal.objects.waiting().filter(decision=decision, by=user).exists()


@in_one_transaction
def ask(decision: Decision, by: User, *, note: str) -> Appeal:
    """
    Ask for a decision to be taken back.

    :raises NotAllowed: if none of this person's images is concerned.
    :raises NothingToUndo: if it does not stand.
    :raises RuleBroken: without a word on why, or if an appeal of theirs waits already.
    """
    if not concerned(by, decision):
        raise NotAllowed(_("This decision concerns none of your images. Ask on the page of one of yours."))
    if decision.undone_at or decision.dissent:
        raise NothingToUndo(_("This decision was taken back already: there is nothing left to ask for."))
    if not note.strip():
        raise RuleBroken(_("Say what should be looked at again."))
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(decision=decision, by=by, note=note.strip()[:2000])
    except IntegrityError as error:
        raise RuleBroken(_("You have asked already. A senior moderator will answer.")) from error
    AuditEntry.objects.append(by, "appeal.ask", f"decision {decision.pk}", appeal=appeal.pk)
    return appeal


def waiting_for(user: User) -> AppealQuerySet:
    """The appeals that this person may answer, oldest first: never on a decision or an image of their own."""
    if not user.may_override:
        return Appeal.objects.none()
    return Appeal.objects.waiting().for_senior(user).order_by("pk")


@in_one_transaction
def answer(appeal: Appeal, by: User, *, granted: bool, note: str, decision_id: uuid.UUID) -> Appeal:
    """
    Answer an appeal; if it is granted the decision is undone (under ``decision_id``), unless it was already.

    :raises NotAllowed: if this person is no senior, decided or asked themselves, or owns one of the images.
    :raises RuleBroken: if it was answered meanwhile, or without a word on why.
    """
    if Appeal.objects.filter(pk=appeal.pk).exclude(answered_at=None).exists():
        raise RuleBroken(_("This appeal was answered meanwhile. Go on with the next one."))
    if not waiting_for(by).filter(pk=appeal.pk).exists():
        raise NotAllowed(_("A senior moderator who did not take the decision answers this appeal."))
    if not note.strip():
        raise RuleBroken(_("Say why: the owner reads it."))
    waiting = Appeal.objects.waiting().filter(pk=appeal.pk)
    values = {"answered_at": timezone.now(), "answered_by": by, "granted": granted, "answer": note.strip()[:2000]}
    if waiting.update(**values) != 1:
        raise RuleBroken(_("This appeal was answered meanwhile. Go on with the next one."))
    AuditEntry.objects.append(by, "appeal.answer", f"decision {appeal.decision_id}", appeal=appeal.pk, granted=granted)
    # Somebody may have taken it back meanwhile, by themselves: then there is nothing left to do.
    if granted and Decision.objects.standing().filter(pk=appeal.decision_id).exists():
        undo.undo(appeal.decision, by, decision_id=decision_id, reason="appeal")
    appeal.refresh_from_db()
    return appeal
