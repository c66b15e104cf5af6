"""
One submit, one effect: the frame around every decision on a case.

Locks, then compare-and-set on the case's version, then rights, then the effect, then pairs, cases and the audit, in
one transaction. A lease is courtesy; this is what makes two moderators at once harmless.
"""

from collections.abc import Callable

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.detection import cases
from gallery.errors import AlreadyDecided, CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, Case, CaseMember, Decision, User
from gallery.review import access, contents, reasons, words
from gallery.review.submit import Outcome, Scene, Submit
from gallery.review.transactions import in_one_transaction, lock, locked

Action = Decision.Action

Effect = Callable[[Decision, Scene, Submit], set[int]]
"""Writes what an action does and returns the images that it concerns. Runs under the locks of :func:`decide`."""

NOTE_LENGTH = 2000


class _TooLateError(Exception):
    """The case is not at the version that was on screen. Nothing was written."""


def decide(case: Case, user: User, *, action: Action, submit: Submit, effect: Effect) -> Outcome:
    """
    Take a decision, once.

    :raises AlreadyDecided: if somebody was faster; an opposite answer is kept as dissent, for a senior.
    :raises CaseChanged: if images joined or left since the case was on screen.
    :raises NotAllowed: if a right is missing, for any image of the case.
    :raises RuleBroken: if a rule of moderation forbids it.
    """
    if repeated := earlier(submit, user):
        return repeated
    reasons.check_reason(action, submit.reason)
    if len(submit.note) > NOTE_LENGTH:
        raise RuleBroken(_("The note is longer than %(n)s characters. Shorten it.") % {"n": NOTE_LENGTH})
    try:
        return _decide(case, user, action=action, submit=submit, effect=effect)
    except _TooLateError as late:
        # The same form may have come in twice at the same moment: then this is the second one.
        if repeated := earlier(submit, user):
            return repeated
        raise _late(case, user, action=action, submit=submit) from late


def earlier(submit: Submit, user: User) -> Outcome | None:
    """The outcome of this very submit, if it was taken before."""
    decision = Decision.objects.filter(pk=submit.decision_id).first()
    if decision is None:
        return None
    if decision.actor_id != user.pk:
        raise NotAllowed(_("Somebody else has sent this form. Open the case again."))
    if decision.dissent:
        winner = _winner(decision.case, seen=decision.case_version or 0) if decision.case else None
        raise _told(winner or decision, dissent=True)
    return outcome(decision)


def outcome(decision: Decision) -> Outcome:
    """What a decision came to, from its row alone."""
    return Outcome(decision, decision.pairs_closed, words.outcome_of(decision))


@in_one_transaction
def _decide(case: Case, user: User, *, action: Action, submit: Submit, effect: Effect) -> Outcome:
    policy = cases.one_at_a_time()
    lock(_live(case))
    seen = Case.objects.filter(pk=case.pk, version=submit.seen_version, state=Case.State.OPEN)
    if seen.update(version=F("version") + 1, updated_at=timezone.now()) != 1:
        raise _TooLateError
    case = Case.objects.get(pk=case.pk)
    access.check_case(user, case)
    return outcome(write(Scene(case, tuple(locked(_live(case))), policy, user), action, submit, effect))


def write(scene: Scene, action: Action, submit: Submit, effect: Effect) -> Decision:
    """The decision with its effect on pairs, cases and the audit. Whatever must hold was checked under the locks."""
    decision = Decision.objects.create(
        pk=submit.decision_id,
        action=action,
        actor=scene.user,
        case=scene.case,
        case_version=submit.seen_version,
        reason=submit.reason,
        note=submit.note,
    )
    concerned = effect(decision, scene, submit)
    Case.objects.filter(pk=scene.case.pk, lease_holder=scene.user).update(lease_holder=None, lease_until=None)
    decision.pairs_closed = contents.settle(concerned)
    decision.save(update_fields=["pairs_closed"])
    audit(decision, concerned)
    return decision


def audit(decision: Decision, images: set[int]) -> None:
    """Add the decision to the chain: what, on which images, why."""
    verb = decision.action if not decision.dissent else "dissent"
    AuditEntry.objects.append(
        decision.actor,
        f"decision.{verb}",
        f"decision {decision.pk}",
        case=decision.case_id,
        images=sorted(images),
        reason=decision.reason,
        note=decision.note,
        undoes=str(decision.undoes_id) if decision.undoes_id else None,
        verdicts=list(decision.verdicts.order_by("pk").values_list("pk", flat=True)),
        merges=list(decision.merges.order_by("pk").values_list("pk", flat=True)),
        parts=[
            list(decision.parts.filter(part=part).order_by("image").values_list("image", flat=True)) for part in (0, 1)
        ]
        if decision.action == Action.SPLIT
        else None,
    )


def _live(case: Case) -> list[int]:
    return list(CaseMember.objects.filter(case=case, live=True).values_list("image", flat=True))


def _late(case: Case, user: User, *, action: Action, submit: Submit) -> AlreadyDecided | CaseChanged:
    """Who was faster, in words. If they disagree this is kept, without effect, for a senior to look at."""
    winner = _winner(case, seen=submit.seen_version)
    if winner is None:
        if Case.objects.filter(pk=case.pk, state=Case.State.OPEN).exists():
            return CaseChanged(_("An image joined or left this case while it was on your screen. Look at it again."))
        return CaseChanged(_("This case was closed while it was on your screen: there is nothing left to decide."))
    is_answer = Action.SPLIT not in (winner.action, action)
    opposite = is_answer and (winner.action == Action.MERGE) != (action == Action.MERGE)
    if opposite and winner.actor_id != user.pk and access.may_decide(user, case):
        _dissent(case, user, action=action, submit=submit)
        return _told(winner, dissent=True)
    return _told(winner, dissent=False)


@in_one_transaction
def _dissent(case: Case, user: User, *, action: Action, submit: Submit) -> None:
    decision = Decision.objects.create(
        pk=submit.decision_id,
        action=action,
        actor=user,
        case=case,
        case_version=submit.seen_version,
        reason=submit.reason,
        note=submit.note,
        dissent=True,
    )
    audit(decision, set(submit.images))


def _winner(case: Case, *, seen: int) -> Decision | None:
    """The newest decision on the case that was taken after it looked as ``seen``."""
    taken = Decision.objects.standing().filter(case=case, case_version__gte=seen)
    return taken.select_related("actor").newest_first().first()


def _told(winner: Decision, *, dissent: bool) -> AlreadyDecided:
    sentence = words.told(winner)
    if dissent:
        sentence += " " + _("Your different answer was kept, and a senior moderator will look at both.")
    return AlreadyDecided(sentence, decision=winner.pk)
