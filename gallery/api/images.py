"""Images: upload many, list, look at one."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from gallery.api import idempotency
from gallery.api.reviewing import HoldIn, HoldOut, Reason
from gallery.api.schemas import ImageOut, ImagesOut, UploadOut, UploadsOut
from gallery.api.signing_in import caller
from gallery.ingest import intake
from gallery.models import Image, User
from gallery.models.image import ImageQuerySet
from gallery.review import removal

router = Router(tags=["images"])

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    },
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "maxLength": idempotency.KEY_LENGTH},
            "description": "The same key again gets the same reply, and the files are taken once.",
        }
    ],
}


@router.post("", response={frozenset({200, 202, 207, 413, 415, 422}): UploadsOut}, openapi_extra=UPLOAD_BODY)
def upload(request: HttpRequest) -> Status[dict[str, Any]]:
    """
    Upload images, several in one request: the field is ``files``.

    One bad file never fails its neighbours: there is one result for each, in order. The status is theirs where all
    have the same, else 207. An image that is accepted (202) is read and compared in the background; ask for it again.
    """
    user, files = caller(request), request.FILES.getlist("files")

    def take_in() -> idempotency.Reply:
        accepted = intake.accept_many(files, by=user)
        return _reply([_result(file, found) for file, found in zip(files, accepted, strict=True)])

    return Status(*idempotency.once(request, user, lambda: idempotency.digest_of(files), take_in))


def _result(file: "UploadedFile[bytes]", found: intake.Accepted | intake.Refused) -> UploadOut:
    if isinstance(found, intake.Refused):
        image = found.image.public_id if found.image else None
        return UploadOut(name=found.name, status=found.status, code=found.code, detail=found.sentence, image=image)
    name = found.image.file.original_name if found.image.file else file.name or ""
    if found.created:
        return UploadOut(name=name, status=202, code="accepted", detail=found.note, image=found.image.public_id)
    detail = "You uploaded this very file before."
    return UploadOut(name=name, status=200, code="duplicate_of", detail=detail, image=found.image.public_id)


def _reply(results: list[UploadOut]) -> idempotency.Reply:
    statuses = {result.status for result in results}
    return statuses.pop() if len(statuses) == 1 else 207, UploadsOut(results=results).dict()


class Page(Schema):
    """Which part of the list."""

    after: str = Field("", max_length=12, description="The public id of the last image of the page before.")
    limit: int = Field(50, ge=1, le=200)
    mine: bool = Field(False, description="Only own uploads; else all that one may list.")
    album: int | None = Field(None, ge=1, le=2**31 - 1, description="Only what is in this album of one's own.")
    favourites: bool = Field(False, description="Only what one marked, also of others.")


def _listed(user: User, page: Page) -> ImageQuerySet:
    if page.mine:
        listed = Image.objects.uploaded_by(user)
    elif page.favourites or page.album:
        listed = Image.objects.shown_to(user).live()
    else:
        listed = Image.objects.visible_to(user)
    if page.favourites:
        listed = listed.marked_by(user)
    return listed.filter(albums__owner=user, albums=page.album) if page.album else listed


@router.get("", response=ImagesOut)
def images(request: HttpRequest, page: Query[Page]) -> ImagesOut:
    """Own images and those one contributes to; for reviewers all. Newest first."""
    user = caller(request)
    listed = _listed(user, page)
    found = list(listed.older_than(page.after).with_open_pairs().for_pages().newest_first()[: page.limit + 1])
    items = [ImageOut.of(image) for image in found[: page.limit]]
    return ImagesOut(items=items, next=items[-1].id if len(found) > page.limit else None)


@router.get("/{public_id}", response=ImageOut)
def image(request: HttpRequest, public_id: str) -> ImageOut:
    """One image: how far its work has come, and where it went if it was merged."""
    return _as_it_is(request, public_id)


def _changing(request: HttpRequest, public_id: str) -> tuple[User, Image]:
    """:raises Http404: for an image that the caller may not know of."""
    user = caller(request)
    return user, get_object_or_404(Image.objects.known_to(user), public_id=public_id)


def _as_it_is(request: HttpRequest, public_id: str) -> ImageOut:
    known = Image.objects.known_to(caller(request)).for_pages()
    return ImageOut.of(get_object_or_404(known, public_id=public_id))


@router.post("/{public_id}/remove", response=ImageOut)
def remove(request: HttpRequest, public_id: str, given: Reason) -> ImageOut:
    """Take it off the site; what was asked about it is moot. Its owner, or a senior with a reason."""
    user, found = _changing(request, public_id)
    removal.remove(found, user, reason=given.reason)
    return _as_it_is(request, public_id)


@router.post("/{public_id}/restore", response=ImageOut)
def restore(request: HttpRequest, public_id: str, given: Reason) -> ImageOut:
    """Put it back, as long as its file is kept. Its owner, or a senior with a reason."""
    user, found = _changing(request, public_id)
    removal.restore(found, user, reason=given.reason)
    return _as_it_is(request, public_id)


@router.post("/{public_id}/hold", response=HoldOut)
def hold(request: HttpRequest, public_id: str, given: HoldIn) -> HoldOut:
    """Set or lift a legal hold: under it nothing of the image is ever deleted. For seniors and admins."""
    user, found = _changing(request, public_id)
    removal.hold(found, user, held=given.held, reason=given.reason)
    return HoldOut(id=public_id, held=given.held)
