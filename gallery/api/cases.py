"""Cases: what a moderator works on."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from gallery.api.naming import members_of
from gallery.api.reviewing import CommentOut, Note, PreviewIn, PreviewOut, Text
from gallery.api.schemas import CaseLine, CaseOut, CasesOut
from gallery.api.signing_in import caller
from gallery.models import Case, Image, Pair, User
from gallery.review import access, actions, merges, queue, splitting

router = Router(tags=["cases"])


def moderator(request: HttpRequest) -> User:
    """
    Who reviews.

    :raises PermissionDenied: for everybody else.
    """
    user = caller(request)
    if not user.may_review:
        raise PermissionDenied("Only moderators see cases. Ask an admin for the role.")
    return user


class Head(Schema):
    """How much of the queue."""

    limit: int = Field(50, ge=1, le=200)


@router.get("", response=CasesOut)
def cases(request: HttpRequest, head: Query[Head]) -> CasesOut:
    """The head of the caller's queue, the surest first: what is decided leaves it. For moderators."""
    user = moderator(request)
    found = queue.waiting_for(user).select_related("opened_under")[: head.limit]
    return CasesOut(items=[CaseLine.of(case) for case in found], waiting=queue.waiting(user))


@router.get("/next", response={200: CaseOut, 204: None})
def next_case(request: HttpRequest, after: int | None = None) -> CaseOut | Status[None]:
    """
    The next case that nobody else is at, behind the case ``after``. 204 if nothing waits.

    Take it with a POST to its lease.
    """
    user = moderator(request)
    behind = Case.objects.filter(pk=after).first() if after is not None else None
    found = queue.next_for(user, after=behind)
    return Status(204, None) if found is None else _whole(found, user)


@router.get("/{int:case_id}", response=CaseOut)
def case(request: HttpRequest, case_id: int) -> CaseOut:
    """One case with its images, its pairs and why each was flagged."""
    user = moderator(request)
    return _whole(get_object_or_404(Case, pk=case_id), user)


@router.post("/{int:case_id}/lease", response=CaseOut)
def take(request: HttpRequest, case_id: int) -> CaseOut:
    """Show others that one is at it, for ten minutes. A courtesy: decisions are safe without it."""
    user = moderator(request)
    found = get_object_or_404(Case, pk=case_id)
    queue.take(found, user)
    return _whole(found, user)


@router.post("/{int:case_id}/skip", response={204: None})
def skip(request: HttpRequest, case_id: int) -> Status[None]:
    """Rather not decide this one. It stays in the queue of the others."""
    user = moderator(request)
    queue.skip(get_object_or_404(Case, pk=case_id), user)
    return Status(204, None)


@router.post("/{int:case_id}/escalate", response=CaseOut)
def escalate(request: HttpRequest, case_id: int, given: Note) -> CaseOut:
    """Hand it to a senior, with a word on why."""
    user = moderator(request)
    found = get_object_or_404(Case, pk=case_id)
    queue.escalate(found, user, note=given.note)
    return _whole(get_object_or_404(Case, pk=case_id), user)


@router.post("/{int:case_id}/comments", response={201: CommentOut})
def comment(request: HttpRequest, case_id: int, given: Text) -> Status[CommentOut]:
    """Leave a word for whoever looks at the case next."""
    user = moderator(request)
    made = queue.comment(get_object_or_404(Case, pk=case_id), user, text=given.text)
    return Status(201, CommentOut.of(made))


@router.post("/{int:case_id}/merge-preview", response=PreviewOut)
def merge_preview(request: HttpRequest, case_id: int, given: PreviewIn) -> PreviewOut:
    """What merging would do to every field, whose images it touches and what forbids it. Nothing is changed."""
    user = moderator(request)
    found = get_object_or_404(Case, pk=case_id)
    named = members_of(found, [*given.images, given.keeper, given.file_of])
    preview = merges.preview(
        found,
        user,
        keeper=named[given.keeper].pk if given.keeper else None,
        file=named[given.file_of].file_id if given.file_of else None,
        images=[named[public_id].pk for public_id in given.images],
        choices=given.choices,
    )
    return PreviewOut.of(preview)


def _whole(found: Case, user: User) -> CaseOut:
    members = Image.objects.filter(memberships__case=found, memberships__live=True).for_pages()
    images = list(members.order_by("pk"))
    pairs = Pair.objects.awaiting_review().filter(case=found).most_alike_first()
    offered = actions.offered(images) if access.may_decide(user, found) and images else []
    return CaseOut.with_all(
        found,
        queue.lease_of(found, user),
        images=images,
        pairs=list(pairs.select_related("left", "right", "policy")),
        actions=[action.name for action in offered] + (["split"] if offered and splitting.may_split(images) else []),
    )
