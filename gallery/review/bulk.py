"""
One answer to many cases, as a job in the background.

Every case goes through the same action as on the desk, with a decision of its own, its rights and the version that it
had when the job was sent. What changed meanwhile is left out and told. All of it can be taken back at once.
"""

import uuid
from collections.abc import Iterator
from itertools import islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import outbox
from gallery.errors import CaseChanged, NotAllowed, NothingToUndo, ReviewError, RuleBroken
from gallery.models import AuditEntry, BulkItem, BulkJob, Case, Decision, OutboxEntry, User
from gallery.models.case import CaseQuerySet
from gallery.outbox import Claim
from gallery.review import access, actions, batches, bulk_rules, reasons, selection, undo
from gallery.review.decisions import NOTE_LENGTH
from gallery.review.selection import Filters, Seal
from gallery.review.submit import Submit
from gallery.review.transactions import in_one_transaction

TOPIC = "bulk"

MOST = 10_000
"""Cases of one job."""

AT_ONCE = 20
"""Cases between two looks at the outbox: seconds, far below its lease."""

WRITTEN_AT_ONCE = 500

LAST_TRY = 2
"""Claims that failed before this one."""

State = BulkJob.State
ItemState = BulkItem.State


@in_one_transaction
def start(
    user: User,
    cases: CaseQuerySet,
    *,
    job_id: uuid.UUID,
    action: str,
    filters: Filters,
    seen: Seal | str,
    reason: str = "",
    note: str = "",
) -> BulkJob:
    """
    Write down what is to be done, and ask for it. The same form sent twice makes one job.

    :param seen: the seal of the cases that were on screen.
    :raises NotAllowed: if this person may not review.
    :raises CaseChanged: if other cases match now, or one of them changed.
    :raises RuleBroken: if there are none or too many, or the reason is not on the list.
    """
    if sent := sent_before(user, job_id):
        return sent
    check_asked(user, action, reason=reason, note=note)
    now = selection.seal(cases)
    check_size(now.count)
    if str(now) != str(seen):
        raise CaseChanged(_("Cases came, went or changed while you looked at this page. Look at it again."))
    job = BulkJob.objects.create(
        pk=job_id,
        actor=user,
        action=action,
        filters=filters.as_dict(),
        reason=reason,
        note=note,
        total=now.count,
    )
    if _write_items(job, cases) != job.total:
        raise CaseChanged(_("Cases came, went or changed while you looked at this page. Look at it again."))
    AuditEntry.objects.append(
        user, "bulk.start", f"bulk {job.pk}", action=action, filters=job.filters, cases=job.total, reason=reason
    )
    outbox.send(TOPIC, key=job.pk)
    return job


def sent_before(user: User, job_id: uuid.UUID) -> BulkJob | None:
    """
    The job that this very form made already.

    :raises NotAllowed: if it was somebody else's.
    """
    sent = BulkJob.objects.filter(pk=job_id).first()
    if sent and sent.actor_id != user.pk:
        raise NotAllowed(_("Somebody else has sent this form. Open the list again."))
    return sent


def check_asked(user: User, action: str, *, reason: str, note: str) -> None:
    """
    :raises NotAllowed: if this person may not give that answer.
    :raises RuleBroken: if the reason is not on the answer's list, or the note is too long.
    """
    access.check_reviewer(user)
    if not user.has_perm(actions.ANSWERS[action].permission):
        raise NotAllowed(_("Only moderators decide on cases. Ask an admin for the role."))
    reasons.check_reason(action, reason)
    if len(note) > NOTE_LENGTH:
        raise RuleBroken(_("The note is longer than %(n)s characters. Shorten it.") % {"n": NOTE_LENGTH})


def check_size(count: int) -> None:
    """
    :raises RuleBroken: if no case is left, or more than one job takes.
    """
    if not count:
        raise RuleBroken(_("No case is left to decide on. Look at the list again."))
    if count > MOST:
        raise RuleBroken(_("One job takes %(n)s cases at most. Narrow the filters.") % {"n": f"{MOST:,}"})


def _write_items(job: BulkJob, cases: CaseQuerySet) -> int:
    """An item a case, a few hundred in memory. Returns how many."""
    rows = cases.values_list("pk", "version")
    items = (
        BulkItem(job=job, number=number, case_id=pk, case_version=version)
        for number, (pk, version) in enumerate(rows.iterator(WRITTEN_AT_ONCE), start=1)
    )
    return sum(len(BulkItem.objects.bulk_create(chunk)) for chunk in _chunks(items))


def _chunks(items: Iterator[BulkItem]) -> Iterator[list[BulkItem]]:
    while chunk := list(islice(items, WRITTEN_AT_ONCE)):
        yield chunk


# --- What people do with a job ----------------------------------------------------------------------------------------


def may_stop(user: User, job: BulkJob) -> bool:
    return job.state in (State.WAITING, State.RUNNING) and (job.actor_id == user.pk or user.may_override)


@in_one_transaction
def stop(job: BulkJob, by: User) -> None:
    """
    Leave the cases alone that have not been decided yet. What was decided stands until it is taken back.

    :raises NotAllowed: for somebody else's job, unless by a senior.
    :raises CaseChanged: if nothing is left to stop.
    """
    job = _locked(job.pk)
    if job.actor_id != by.pk and not by.may_override:
        raise NotAllowed(_("Only who began it or a senior moderator can stop this."))
    if job.state not in (State.WAITING, State.RUNNING):
        raise CaseChanged(_("This had come to its end before it could be stopped. Take it back instead."))
    BulkJob.objects.filter(pk=job.pk).update(state=State.CANCELLED, finished_at=timezone.now())
    AuditEntry.objects.append(by, "bulk.stop", f"bulk {job.pk}")


def may_take_back(user: User, job: BulkJob) -> bool:
    """Whether the page offers it. The rights to each case are checked one by one."""
    return (
        user.may_review
        and job.state in (State.DONE, State.CANCELLED)
        and (job.actor_id == user.pk or user.may_override)
        and job.items.filter(state=ItemState.DECIDED).exists()
    )


@in_one_transaction
def take_back(job: BulkJob, by: User, *, reason: str = "") -> None:
    """
    Undo every decision of the job, the last one first, in the background.

    :raises NotAllowed: for somebody else's job, unless by a senior who says why.
    :raises NothingToUndo: if nothing of it stands, or it is still at work.
    """
    job = _locked(job.pk)
    access.check_reviewer(by)
    is_actor = job.actor_id == by.pk
    if not is_actor and not by.may_override:
        raise NotAllowed(_("Only its author or a senior moderator can take this back."))
    if not is_actor and not reason.strip():
        raise NotAllowed(_("Somebody else decided this. Say why you take it back."))
    if not may_take_back(by, job):
        raise NothingToUndo(_("Nothing of this is left to take back, or it is still at work. Stop it first."))
    BulkJob.objects.filter(pk=job.pk).update(
        state=State.UNDOING, undone_by=by, undo_reason=reason.strip()[:400], finished_at=None
    )
    AuditEntry.objects.append(by, "bulk.undo", f"bulk {job.pk}", reason=reason.strip())
    outbox.send(TOPIC, key=job.pk)


def _locked(pk: uuid.UUID) -> BulkJob:
    return BulkJob.objects.select_for_update().get(pk=pk)


# --- The work ---------------------------------------------------------------------------------------------------------


def work(claim: Claim) -> None:
    """Decide, or take back, the next cases of each job; ask for more work until none is left."""
    for entry in claim.entries:
        job = BulkJob.objects.select_related("actor", "undone_by").filter(pk=entry.key).first()
        if job is not None and job.is_at_work:
            _work_on(job, entry)
        with transaction.atomic():
            outbox.finish(claim, [entry])
            if job is not None and not _ended(job.pk):
                outbox.send(TOPIC, key=entry.key)


def _work_on(job: BulkJob, entry: OutboxEntry) -> None:
    BulkJob.objects.filter(pk=job.pk, state=State.WAITING).update(state=State.RUNNING)
    backwards = job.state == State.UNDOING
    waiting = job.items.filter(state=ItemState.DECIDED if backwards else ItemState.WAITING)
    limit = batches.AT_ONCE if job.batch_id else AT_ONCE
    items = list(waiting.select_related("case").order_by("-number" if backwards else "number")[:limit])
    if entry.attempts >= LAST_TRY and items:
        # Whatever ended the work twice did so at the first case of those left: the others are not to wait for it.
        _leave(items.pop(0), bulk_rules.FAILED, bulk_rules.label_of(bulk_rules.FAILED), backwards=backwards)
    for item in items:
        try:
            _take_one_back(job, item) if backwards else _decide_one(job, item)
        except ReviewError as refusal:
            if not backwards and isinstance(refusal, RuleBroken) and batches.halve(item, job):
                return  # each half by itself in the next round, before the parts that are nearer to the keeper
            code = refusal.code if backwards else bulk_rules.code_of(refusal, item, job)
            _leave(item, code, str(refusal), backwards=backwards)


@in_one_transaction
def _decide_one(job: BulkJob, item: BulkItem) -> None:
    """One case as on the desk, or a part of a batch: decision and item in one transaction."""
    if _locked(job.pk).state != State.RUNNING:
        return
    if item.size:
        batches.decide_part(job, item)
        return
    case = Case.objects.get(pk=item.case_id)
    if obstacle := bulk_rules.obstacle(case, item, job):
        _leave(item, obstacle, bulk_rules.label_of(obstacle), backwards=False)
        return
    submit = Submit(decision_id=item.pk, seen_version=item.case_version, reason=job.reason, note=job.note)
    outcome = actions.run(job.action, case, job.actor, submit=submit)
    waiting = BulkItem.objects.filter(pk=item.pk, state=ItemState.WAITING)
    waiting.update(state=ItemState.DECIDED, pairs_closed=outcome.pairs_closed)


@in_one_transaction
def _take_one_back(job: BulkJob, item: BulkItem) -> None:
    if job.undone_by is None:
        raise AssertionError("a job that is taken back names by whom")
    decision = Decision.objects.get(pk=item.pk)
    undo.undo(decision, job.undone_by, decision_id=uuid.uuid5(item.pk, "undo"), reason=job.undo_reason)
    BulkItem.objects.filter(pk=item.pk, state=ItemState.DECIDED).update(state=ItemState.UNDONE)


def _leave(item: BulkItem, code: str, sentence: str, *, backwards: bool) -> None:
    before, after = (ItemState.DECIDED, ItemState.STANDS) if backwards else (ItemState.WAITING, ItemState.LEFT_OUT)
    BulkItem.objects.filter(pk=item.pk, state=before).update(state=after, code=code, sentence=sentence[:600])


def _ended(pk: uuid.UUID) -> bool:
    """Whether nothing is left to do; the job then says so."""
    job = _locked(pk)
    if not job.is_at_work:
        return True
    backwards = job.state == State.UNDOING
    if job.items.filter(state=ItemState.DECIDED if backwards else ItemState.WAITING).exists():
        return False
    state = State.UNDONE if backwards else State.DONE
    BulkJob.objects.filter(pk=pk).update(state=state, finished_at=timezone.now())
    AuditEntry.objects.append(None, f"bulk.{state}", f"bulk {pk}")
    return True
