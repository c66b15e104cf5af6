"""
What to decide next, and who is at it.

A lease is courtesy: it keeps two people from looking at the same case and shows who is there. Nothing depends on it.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.conf import conf
from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, Case, CaseComment, CaseMember, CaseSkip, Decision, Image, User
from gallery.models.asides import CountOf
from gallery.models.case import CaseQuerySet
from gallery.models.decision import DecisionQuerySet
from gallery.review import access, words
from gallery.review.transactions import in_one_transaction

TEXT_LENGTH = 2000

FEW = 500
"""A queue that is quickly put in order as a whole."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at a case, and until when. ``mine`` says whether it is the one who asked."""

    holder: User | None
    until: dt.datetime | None
    mine: bool


FREE = Lease(None, None, mine=False)
"""Nobody is."""


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A case as somebody opens it: how many are ``left`` for them, how many they have ``done`` today.

    ``lease``: who is at it at this moment. ``undoable``: whether something of theirs stands that can be taken back.
    ``is_said``: whether there are comments.
    """

    case: Case
    lease: Lease
    left: int
    done: int
    undoable: bool
    is_said: bool


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A case that comes next, with its pictures, the oldest first."""

    case: Case
    images: list[Image]


def waiting_for(user: User) -> CaseQuerySet:
    """The open cases that this person may decide and has not skipped, in the order of the queue."""
    found = Case.objects.open().unfolded().not_about(user).not_skipped_by(user)
    if not user.may_override:
        found = found.filter(escalated_at=None)
    return found.most_certain_first()


def waiting(user: User) -> int:
    """How many cases are left for this person."""
    return waiting_for(user).count()


def decided_today(user: User) -> DecisionQuerySet:
    """The answers that this person gave since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Decision.objects.by(user).answers().since(midnight)


def opened(user: User, case_id: int) -> Opened | None:
    """One query: a case, with what its page says about the work of ``user``. None if there is no such case."""
    found = (
        Case.objects.select_related("opened_under", "escalated_by", "lease_holder", "batch")
        .annotate(
            is_held=Q(lease_until__gte=Now()),
            left=CountOf(waiting_for(user)),
            done=CountOf(decided_today(user)),
            undoable=Exists(Decision.objects.by(user).to_take_back()),
            is_said=Exists(CaseComment.objects.filter(case=OuterRef("pk"))),
        )
        .filter(pk=case_id)
        .first()
    )
    if found is None:
        return None
    lease = _lease(found, user) if vars(found)["is_held"] else FREE
    return Opened(found, lease, **{name: vars(found)[name] for name in ("left", "done", "undoable", "is_said")})


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


def upcoming(user: User, *, after: Case, limit: int, left: int) -> list[Upcoming]:
    """
    What :func:`following` gives, with the pictures. ``left``: how many cases wait for this person.

    One query; a second where a long queue ends and begins again.
    """
    free = waiting_for(user).free_for(user, now=timezone.now()).exclude(pk=after.pk)
    if left <= FEW:
        behind_first = models.Case(models.When(_behind(after), then=0), default=1)
        return _with_pictures(free.order_by(behind_first, *free.query.order_by)[:limit], after=after)
    found = _with_pictures(free.filter(_behind(after))[:limit], after=after)
    if len(found) < limit:
        met = [one.case.pk for one in found]
        found += _with_pictures(free.exclude(pk__in=met)[: limit - len(found)], after=after)
    return found


def _with_pictures(cases: CaseQuerySet, *, after: Case) -> list[Upcoming]:
    found: dict[int, Upcoming] = {}
    members = CaseMember.objects.filter(case__in=cases, live=True).select_related("case", "image__file")
    for member in members:
        found.setdefault(member.case_id, Upcoming(member.case, [])).images.append(member.image)
    places = {one.case.pk: (-one.case.tier, -one.case.score, one.case.pk) for one in found.values()}
    here = (-after.tier, -after.score, after.pk)
    return sorted(found.values(), key=lambda one: (places[one.case.pk] < here, places[one.case.pk]))


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
    return FREE if held is None else _lease(held, user)


def _lease(held: Case, user: User) -> Lease:
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
