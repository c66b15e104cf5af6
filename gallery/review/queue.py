"""
What to decide next, and who is at it.

A lease is courtesy: it keeps two people from looking at the same case and shows who is there. Nothing depends on it.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.conf import conf
from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, Case, CaseComment, CaseSkip, User
from gallery.models.case import CaseQuerySet
from gallery.review import access, words
from gallery.review.transactions import in_one_transaction

TEXT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at a case, and until when. ``mine`` says whether it is the one who asked."""

    holder: User | None
    until: dt.datetime | None
    mine: bool


def waiting_for(user: User) -> CaseQuerySet:
    """The open cases that this person may decide and has not skipped, in the order of the queue."""
    found = Case.objects.open().unfolded().not_about(user).not_skipped_by(user)
    if not user.may_override:
        found = found.filter(escalated_at=None)
    return found.most_certain_first()


def waiting(user: User) -> int:
    """How many cases are left for this person."""
    return waiting_for(user).count()


def next_for(user: User, *, after: Case | None = None) -> Case | None:
    """
    The next case that nobody else is at; the first one if there is none after ``after``.

    Goes by position, not by page, so that it stays quick however many wait and nothing is skipped as cases close.
    """
    return next(iter(following(user, after=after, limit=1)), None)


def following(user: User, *, after: Case | None = None, limit: int) -> list[Case]:
    """At most ``limit`` cases that this person would get in turn: those behind ``after``, then those before it."""
    free = waiting_for(user).free_for(user, now=timezone.now())
    if after is None:
        return list(free[:limit])
    found = list(free.filter(_behind(after))[:limit])
    if len(found) < limit:
        met = [after.pk, *(case.pk for case in found)]
        found += free.exclude(pk__in=met)[: limit - len(found)]
    return found


def _behind(case: Case) -> Q:
    return (
        Q(tier__lt=case.tier)
        | Q(tier=case.tier, score__lt=case.score)
        | Q(tier=case.tier, score=case.score, pk__gt=case.pk)
    )


@in_one_transaction
def take(case: Case, user: User, *, steal: bool = False, is_own: bool | None = None) -> Lease:
    """
    Begin to look at a case. Somebody else's lease stays theirs until it ends, or a senior steals it.

    ``is_own``: whether one of its images is this person's, where that is known.

    :raises NotAllowed: if this person may not decide on the case, or steals without being a senior.
    """
    access.check_case(user, case, is_own=is_own)
    if steal and not user.may_override:
        raise NotAllowed(_("Only a senior moderator can take over from somebody who is at it."))
    wanted = Case.objects.open().filter(pk=case.pk)
    if steal and (held := lease_of(case, user)).holder and not held.mine:
        AuditEntry.objects.append(user, "case.steal", f"case {case.pk}", holder=words.name_of(held.holder))
    free = wanted if steal else wanted.filter(Q(lease_holder=None) | Q(lease_holder=user) | Q(lease_until__lt=Now()))
    # The database's clock on both sides: those of several web servers may differ.
    lasting = dt.timedelta(seconds=conf().case_lease_seconds)
    if free.update(lease_holder=user, lease_until=Now() + lasting):
        return Lease(user, timezone.now() + lasting, mine=True)
    return lease_of(case, user)


def heartbeat(case: Case, user: User) -> Lease:
    """Stay at a case. Returns whose it is now."""
    held = Case.objects.open().filter(pk=case.pk, lease_holder=user)
    held.update(lease_until=Now() + dt.timedelta(seconds=conf().case_lease_seconds))
    return lease_of(case, user)


def release(case: Case, user: User) -> None:
    """Leave a case to others."""
    Case.objects.filter(pk=case.pk, lease_holder=user).update(lease_holder=None, lease_until=None)


def lease_of(case: Case, user: User) -> Lease:
    """Who is at the case right now."""
    held = Case.objects.select_related("lease_holder").filter(pk=case.pk, lease_until__gte=Now()).first()
    if held is None:
        return Lease(None, None, mine=False)
    return Lease(held.lease_holder, held.lease_until, mine=held.lease_holder_id == user.pk)


def skip(case: Case, user: User) -> None:
    """Rather not decide this one. It stays in the queue of the others."""
    access.check_reviewer(user)
    CaseSkip.objects.get_or_create(case=case, user=user)
    release(case, user)


def unskip(user: User) -> int:
    """Bring back what this person skipped. Returns how many cases."""
    deleted, _rows = CaseSkip.objects.filter(user=user).delete()
    return deleted


@in_one_transaction
def escalate(case: Case, user: User, *, note: str) -> None:
    """
    Hand a case to a senior, with a word on why.

    :raises RuleBroken: without a note.
    :raises CaseChanged: if there is nothing left to decide.
    """
    access.check_case(user, case)
    text = _text(note, _("Say what a senior moderator should look at."))
    open_ = Case.objects.open().filter(pk=case.pk)
    if open_.update(
        escalated_by=user,
        escalated_at=timezone.now(),
        escalation_note=text,
        version=F("version") + 1,
        lease_holder=None,
        lease_until=None,
    ) != 1:  # fmt: skip
        raise CaseChanged(_("This case was closed while it was on your screen: there is nothing left to decide."))
    AuditEntry.objects.append(user, "case.escalate", f"case {case.pk}", note=text)


@in_one_transaction
def comment(case: Case, user: User, *, text: str) -> CaseComment:
    """
    Leave a word for whoever looks at the case next.

    :raises RuleBroken: if there is none.
    """
    access.check_reviewer(user)
    access.check_images(user, case.members.filter(live=True).values_list("image", flat=True))
    made = CaseComment.objects.create(case=case, author=user, text=_text(text, _("Write a comment first.")))
    AuditEntry.objects.append(user, "case.comment", f"case {case.pk}", comment=made.pk)
    return made


def _text(given: str, if_empty: str) -> str:
    text = given.strip()
    if not text:
        raise RuleBroken(if_empty)
    if len(text) > TEXT_LENGTH:
        raise RuleBroken(_("This is longer than %(n)s characters. Shorten it.") % {"n": TEXT_LENGTH})
    return text


def who_is_at(case: Case, user: User) -> str:
    """ "Ana is here", or nothing where nobody else is."""
    lease = lease_of(case, user)
    if lease.holder is None or lease.mine:
        return ""
    return _("%(who)s is here") % {"who": words.name_of(lease.holder)}
