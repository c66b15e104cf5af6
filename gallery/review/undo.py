"""
Take a decision back, and the taking back too.

Everything hangs on the decision that was made in the first place: its merges and its verdicts. An undo is a decision
that names it; undone in turn, it is made again.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.detection import cases
from gallery.errors import NotAllowed, NothingToUndo
from gallery.models import (
    Case,
    Decision,
    Image,
    Merge,
    MergeMember,
    Policy,
    SplitPart,
    User,
    Verdict,
    VerdictContent,
)
from gallery.review import access, contents, decisions, folding, journal_words, merges, reasons, verdicts, words
from gallery.review.submit import Outcome, Submit
from gallery.review.transactions import in_one_transaction

Action = Decision.Action

AUTHOR_HOURS = 24
"""How long the author of an approval may revoke it. A merge may be taken back by its author at any time."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that an undo does or leaves. ``entry`` is the journal entry that may be chosen all the same."""

    sentence: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """A dry run: what will be restored, what was changed since (to choose from), what can't be given back."""

    restored: list[Line] = field(default_factory=list)
    changed_since: list[Line] = field(default_factory=list)
    impossible: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class _Done:
    """What undoing or redoing changed."""

    images: set[int] = field(default_factory=set)
    unfolded: list[folding.Unfolded] = field(default_factory=list)
    revoked: list[Verdict] = field(default_factory=list)
    parted: set[int] = field(default_factory=set)


def plan(decision: Decision) -> UndoPlan:
    """
    What undoing it would do. It is really done, looked at, and rolled back: no second set of rules that may differ.

    :raises NothingToUndo: if it does not stand.
    """
    root, steps = words.root_of(decision)
    _check_stands(decision, root)
    if steps % 2:
        return UndoPlan(restored=[Line(_("Done again: %(what)s.") % {"what": root.get_action_display()})])
    with transaction.atomic():
        done = _take_back(root, cases.one_at_a_time(), by=root.actor, at=timezone.now(), reason="", force=())
        found = _in_words(done)
        transaction.set_rollback(True)
    return found


def undo(
    decision: Decision,
    by: User,
    *,
    decision_id: uuid.UUID,
    reason: str = "",
    force: Collection[int] = (),
) -> Outcome:
    """
    Take ``decision`` back; if it is an undo itself, make again what it took back.

    :param reason: a code of the list or words of one's own; needed for what somebody else decided.
    :param force: journal entries to take back although somebody changed the value since.
    :raises NothingToUndo: if it does not stand any more, or nothing of it can be given back.
    :raises NotAllowed: if this person may not.
    """
    submit = Submit(decision_id=decision_id, seen_version=0)
    if repeated := decisions.earlier(submit, by):
        return repeated
    return _undo(decision, by, decision_id=decision_id, reason=reason.strip(), force=force)


@in_one_transaction
def _undo(decision: Decision, by: User, *, decision_id: uuid.UUID, reason: str, force: Collection[int]) -> Outcome:
    policy = cases.one_at_a_time()
    decision = Decision.objects.select_related("actor").get(pk=decision.pk)
    if repeated := decisions.earlier(Submit(decision_id=decision_id, seen_version=0), by):
        return repeated
    root, steps = words.root_of(decision)
    _check_stands(decision, root)
    _check_allowed(decision, by, reason)
    now = timezone.now()
    codes = {found.code for found in reasons.REASONS[Action.UNDO]}
    made = Decision.objects.create(
        pk=decision_id,
        action=Action.UNDO,
        actor=by,
        at=now,
        case=root.case,
        undoes=decision,
        reason=reason if reason in codes else "",
        note="" if reason in codes else reason[: decisions.NOTE_LENGTH],
    )
    _mark(root, made, undone=steps % 2 == 0)
    if steps % 2:
        done = _make_again(root, decision, policy, by=by, reason=reason)
    else:
        done = _take_back(root, policy, by=by, at=now, reason=reason, force=force)
        _check_something_came_back(root, done)
    made.pairs_closed = contents.settle(done.images)
    made.save(update_fields=["pairs_closed"])
    decisions.audit(made, done.images)
    return Outcome(made, made.pairs_closed, words.outcome_of(made), _case_of(done.images))


def revoke(verdict: Verdict, by: User, *, decision_id: uuid.UUID, reason: str = "") -> Outcome:
    """Revoke a verdict: undo the decision that gave it, so that this too can be undone."""
    return undo(verdict.decision, by, decision_id=decision_id, reason=reason)


def latest_of(user: User) -> Decision | None:
    """What ``Z`` takes back: this person's newest decision that stands and that they may still undo."""
    standing = Decision.objects.by(user).to_take_back().newest_first()[:20]
    return next((decision for decision in standing if may_undo(user, decision)), None)


def may_undo(user: User, decision: Decision) -> bool:
    """Whether the page offers it. A senior gives a reason for what others decided."""
    if decision.dissent or decision.undone_at:
        return False
    try:
        check_may_undo(user, decision)
    except NotAllowed:
        return False
    return True


def check_may_undo(user: User, decision: Decision) -> None:
    """
    :raises NotAllowed: if this person may not take it back, whatever reason they give.
    """
    _check_allowed(decision, user, "some reason")


def _check_stands(decision: Decision, root: Decision) -> None:
    if decision.dissent:
        raise NothingToUndo(_("This answer came second and was kept without effect: there is nothing to take back."))
    if decision.undone_at:
        who = words.name_of(decision.undone_by) if decision.undone_by else _("Somebody")
        when = words.ago(decision.undone_at)
        if decision.pk == root.pk:
            raise NothingToUndo(_("%(who)s took this back %(when)s.") % {"who": who, "when": when})
        raise NothingToUndo(_("%(who)s changed this again %(when)s.") % {"who": who, "when": when})


def _check_allowed(decision: Decision, by: User, reason: str) -> None:
    root, _steps = words.root_of(decision)
    images = images_of(root)
    if lost_their_keeper([root.pk], by):
        return
    check_rights(decision, root, by, reason, is_own=access.owns_any(by, images))


def check_rights(decision: Decision, root: Decision, by: User, reason: str, *, is_own: bool) -> None:
    """
    The part of the rights that asks the database nothing. ``is_own``: one of the images is this person's.

    :raises NotAllowed: if this person may not take ``decision``, which goes back to ``root``, back.
    """
    access.check_reviewer(by)
    if is_own:
        raise NotAllowed(_("One of these images is your own. Somebody else takes this back."))
    is_author = decision.actor_id == by.pk
    if not is_author and not by.may_override:
        raise NotAllowed(_("Only its author or a senior moderator can take this back."))
    if not is_author and not reason:
        raise NotAllowed(_("Somebody else decided this. Say why you take it back."))
    is_old = timezone.now() - decision.at > dt.timedelta(hours=AUTHOR_HOURS)
    if is_old and root.action != Action.MERGE and not by.may_override:
        raise NotAllowed(
            _("This was decided more than %(n)s hours ago. A senior moderator can take it back.") % {"n": AUTHOR_HOURS}
        )


def images_of(root: Decision) -> set[int]:
    """The images that a decision was about. ``root`` is no undo."""
    of_verdicts = VerdictContent.objects.filter(verdict__decision=root).exclude(image=None).values_list("image")
    absorbed = MergeMember.objects.filter(merge__decision=root).values_list("image")
    keepers = Merge.objects.filter(decision=root).values_list("keeper")
    placed = SplitPart.objects.filter(decision=root).values_list("image")
    return {image for (image,) in of_verdicts.union(absorbed, keepers, placed) if image is not None}


def lost_their_keeper(roots: Iterable[uuid.UUID], by: User) -> set[uuid.UUID]:
    """Of decisions those that merged an image of this person's into one that was removed since: theirs to take back."""
    held = Merge.objects.standing().filter(
        decision__in=list(roots), members__image__owner=by, members__restored_at=None
    )
    removed = Image.Standing.REMOVED
    lost = held.filter(Q(keeper__standing=removed) | Q(members__image__merged_into__standing=removed))
    return set(lost.values_list("decision", flat=True))


def _mark(root: Decision, made: Decision, *, undone: bool) -> None:
    """Of a decision and all that was done about it since, the last word stands."""
    chain, frontier = set[uuid.UUID](), {root.pk}
    while frontier:
        frontier = set(Decision.objects.filter(undoes__in=frontier).values_list("pk", flat=True)) - {made.pk} - chain
        chain |= frontier
    Decision.objects.filter(pk__in=chain, undone_at=None).update(undone_at=made.at, undone_by=made.actor)
    Decision.objects.filter(pk=root.pk).update(
        undone_at=made.at if undone else None, undone_by=made.actor if undone else None
    )
    if undone and root.case_id and root.action != Action.SPLIT:
        # Whoever disagreed has been heard.
        dissent = Decision.objects.filter(case=root.case_id, dissent=True, undone_at=None)
        dissent.update(undone_at=made.at, undone_by=made.actor)


def _take_back(
    root: Decision, policy: Policy, *, by: User, at: dt.datetime, reason: str, force: Collection[int]
) -> _Done:
    done = _Done()
    for merge in root.merges.standing().order_by("-pk"):
        unfolded = folding.unfold(merge, policy, by=by, at=at, force=force)
        done.unfolded.append(unfolded)
        done.images |= unfolded.images
    done.revoked = list(root.verdicts.live().order_by("pk"))
    done.images |= verdicts.withdraw(done.revoked, by=by, at=at, reason=reason)
    done.parted = set(root.parts.values_list("image", flat=True))
    done.images |= done.parted
    return done


def _make_again(root: Decision, undoing: Decision, policy: Policy, *, by: User, reason: str) -> _Done:
    done = _Done()
    for merge in root.merges.order_by("pk"):
        done.images |= merges.redo(merge, policy, by=by, reason=reason)
    revoked = root.verdicts.filter(revoked_at=undoing.at).order_by("pk")
    done.images |= verdicts.reissue(revoked, by=by, policy=policy)
    done.images |= set(root.parts.values_list("image", flat=True))
    return done


def _check_something_came_back(root: Decision, done: _Done) -> None:
    if root.action == Action.MERGE and not any(unfolded.restored for unfolded in done.unfolded):
        raise NothingToUndo(
            _(
                "The files of the merged images were deleted when their time was over: this merge is final, "
                "and the image that was kept stands for them."
            )
        )


def _in_words(done: _Done) -> UndoPlan:
    found = UndoPlan()
    names = journal_words.Names.of(
        [entry for unfolded in done.unfolded for entry in (*unfolded.reverted.entries, *unfolded.reverted.left)]
    )
    for unfolded in done.unfolded:
        lost = {image.pk for image in unfolded.lost}
        for entry in unfolded.reverted.entries:
            sentence = journal_words.taken_back(entry, unfolded.reverted.taken.get(entry.pk, ()), names)
            if sentence and not (entry.model == "image" and entry.row in lost):
                found.restored.append(Line(sentence))
        for entry in unfolded.reverted.left:
            found.changed_since.append(Line(journal_words.changed_since(entry, names), entry.pk))
        for image in unfolded.lost:
            when = words.ago(image.file.purged_at) if image.file and image.file.purged_at else ""
            sentence = _("%(image)s stays merged: its file was deleted %(when)s.")
            found.impossible.append(Line((sentence % {"image": words.quoted(image), "when": when}).replace(" .", ".")))
    if done.parted:
        found.restored.append(Line(_("The two parts are one case again, as far as they are still to be decided.")))
    for verdict in done.revoked:
        if verdict.kind != Verdict.Kind.SAME:
            sentence = _("These are not approved as %(kind)s any more, and may be flagged again.")
            found.restored.append(Line(sentence % {"kind": verdict.get_kind_display()}))
    return found


def _case_of(images: Collection[int]) -> Case | None:
    """Where what was taken back waits for another answer."""
    return (
        Case.objects.open().filter(members__image__in=list(images), members__live=True).order_by("-updated_at").first()
    )


def is_final(merge: Merge) -> bool:
    """Whether no member can be given back any more: then its address redirects for good."""
    images = Image.objects.filter(absorbed_by__merge=merge, absorbed_by__restored_at=None)
    return not images.filter(file__purged_at=None).exists()
