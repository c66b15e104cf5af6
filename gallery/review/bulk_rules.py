"""What a bulk job leaves to people, and the words for it."""

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery.errors import AlreadyDecided, CaseChanged, NotAllowed, ReviewError
from gallery.models import BulkItem, BulkJob, Case, Decision, Image, User
from gallery.models.case import CaseQuerySet
from gallery.review import access, merge_fields

FAILED = "failed"

LABELS: dict[str, Promise] = {
    "changed": _("changed meanwhile"),
    "own": _("an image of your own"),
    "escalated": _("escalated: for a senior moderator"),
    "busy": _("somebody is looking at it"),
    "held": _("an image on legal hold: merge it on the desk"),
    "licence": _("the licences differ: choose one on the desk"),
    "rule": _("a rule stands against it"),
    "not_allowed": _("not yours to decide"),
    FAILED: _("could not be done: look at it on the desk"),
    "nothing_to_undo": _("was changed or taken back since"),
}


def label_of(code: str) -> str:
    return str(LABELS.get(code, LABELS["rule"]))


def obstacle(case: Case, item: BulkItem, job: BulkJob) -> str:
    """Why this case is left out, as a code of :data:`LABELS`; empty if nothing is known to stand against it."""
    if case.state != Case.State.OPEN or case.version != item.case_version:
        return "changed"
    members = list(case.members.filter(live=True).values_list("image", flat=True))
    if access.owns_any(job.actor, members):
        return "own"
    if case.escalated_at and not job.actor.may_override:
        return "escalated"
    if case.lease_holder_id not in (None, job.actor_id) and case.lease_until and case.lease_until > timezone.now():
        return "busy"
    if job.action == Decision.Action.MERGE and Image.objects.filter(pk__in=members, held=True).exists():
        return "held"
    return ""


def code_of(refusal: ReviewError, item: BulkItem, job: BulkJob) -> str:
    """The code for what an action refused."""
    if isinstance(refusal, AlreadyDecided | CaseChanged):
        return "changed"
    if isinstance(refusal, NotAllowed):
        return "not_allowed"
    if job.action == Decision.Action.MERGE and not item.size:
        images = Image.objects.filter(memberships__case=item.case_id, memberships__live=True)
        if len(merge_fields.licences(list(images))) > 1:
            return "licence"
    return "rule"


def known_ahead(cases: CaseQuerySet, user: User, action: str) -> list[tuple[str, int]]:
    """How many of ``cases`` will be left out for what is known already, by label; each case counts once."""
    now = timezone.now()
    rest = cases.order_by()
    found = []
    others = rest.not_about(user)
    found.append(("own", rest.count() - others.count()))
    if not user.may_override:
        found.append(("escalated", others.exclude(escalated_at=None).count()))
        others = others.filter(escalated_at=None)
    free = others.free_for(user, now=now)
    found.append(("busy", others.count() - free.count()))
    if action == Decision.Action.MERGE:
        held = Image.objects.filter(memberships__case__in=free.values("pk"), memberships__live=True, held=True)
        found.append(("held", held.values("memberships__case").distinct().count()))
    return [(label_of(code), count) for code, count in found if count]
