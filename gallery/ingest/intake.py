"""
Accepting an upload. Runs in the web process: it loads no image library and waits for nothing but SQL and the store.

The row comes first, so that every object in the store has a row; then the bytes; only when both are safe is the work
asked for and the upload acknowledged.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from gallery import outbox, store
from gallery.conf import conf
from gallery.errors import EmptyFile, IngestError, NoFile, TooLarge, TooManyFiles, TooManyUploads
from gallery.images import header
from gallery.ingest.hashing import sha256_of
from gallery.ingest.names import display_name
from gallery.models import Image, StoredFile, User

Stage = Image.Stage


@dataclass(frozen=True, slots=True)
class Accepted:
    """An upload that is safe with us. ``created`` is false if the same person has this very file already."""

    image: Image
    created: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An upload that is not taken. ``image`` is its row under “My uploads”, where it has one."""

    name: str
    code: str
    sentence: str
    status: int
    image: Image | None = None


def accept_many(uploads: Sequence["UploadedFile[bytes]"], *, by: User) -> list[Accepted | Refused]:
    """
    Accept each upload for itself: one bad file never fails its neighbours. One result per upload, in order.

    :raises NoFile: if there is none.
    :raises TooManyFiles: if there are more than the site takes at once. Nothing was taken.
    :raises TooManyUploads: if this person has used up the hour's uploads. Nothing was taken.
    :raises Unavailable: if the store is down. What was accepted before stays accepted.
    """
    if not uploads:
        raise NoFile(_("There was no file in the upload. Choose one or more images and send them again."))
    if len(uploads) > conf().max_files:
        raise TooManyFiles(
            _("%(count)d files at once are more than the %(limit)d we take. Send them in smaller groups.")
            % {"count": len(uploads), "limit": conf().max_files}
        )
    _check_quota(by, len(uploads))
    return [_accept_or_refuse(upload, by) for upload in uploads]


def _accept_or_refuse(upload: "UploadedFile[bytes]", by: User) -> Accepted | Refused:
    try:
        return accept(upload, by=by)
    except IngestError as error:
        image = _keep_refusal(upload, by, error)
        return Refused(display_name(upload.name or ""), error.code, str(error), error.status, image)


def accept(upload: "UploadedFile[bytes]", *, by: User) -> Accepted:
    """
    Take one upload in: check it, write its row, store its bytes, ask for its work.

    :raises IngestError: if it is refused; nothing is stored.
    :raises Unavailable: if the store is down; the upload can be sent again.
    """
    found = _inspect(upload)
    note = header.name_note(upload.name or "", found)
    digest = sha256_of(upload)
    image, created = _row_for(upload, by, found, digest, note)
    if not created and image.stage != Stage.RECEIVING:
        return Accepted(image.canonical, created=False)
    stored = image.files.get()
    store.keep(stored, upload, extension=found.extension)
    _acknowledge(image, stored)
    return Accepted(image, created=True, note=note)


def _inspect(upload: "UploadedFile[bytes]") -> header.Header:
    limit = conf().max_upload_bytes
    if (upload.size or 0) > limit:
        raise TooLarge(
            _("This file is larger than %(limit)d MB. Save it smaller and upload it again.")
            % {"limit": limit // (1024 * 1024)}
        )
    if not upload.size:
        raise EmptyFile(_("This file is empty. Look whether it opens on your device and upload it again."))
    upload.seek(0)
    found = header.sniff(upload.read(header.HEAD_BYTES))
    header.check(found, max_pixels=conf().max_pixels)
    return found


def _row_for(
    upload: "UploadedFile[bytes]", by: User, found: header.Header, digest: str, note: str
) -> tuple[Image, bool]:
    """The row of this person's upload of these bytes: a new one, or the one that is there."""
    known = Image.objects.filter(owner=by, upload_hash=digest).exclude(standing=Image.Standing.REMOVED)
    if image := known.select_related("merged_into").first():
        return image, False
    try:
        with transaction.atomic():
            image = Image.objects.create(owner=by, upload_hash=digest, note=note)
            image.file = StoredFile.objects.create(
                image=image,
                original_name=display_name(upload.name or ""),
                content_type=found.content_type,
                format=found.kind,
                bytes=upload.size or 0,
                sha256=digest,
                width=found.width,
                height=found.height,
            )
            image.save(update_fields=["file"])
    except IntegrityError:
        # The same person sent the same bytes at the same moment, and the other request was first.
        return known.select_related("merged_into").get(), False
    return image, True


def _acknowledge(image: Image, stored: StoredFile) -> None:
    """The bytes are safe: from here on the work will be done, whatever dies."""
    with transaction.atomic():
        stored.save(update_fields=["blob"])
        if Image.objects.filter(pk=image.pk, stage=Stage.RECEIVING).update(stage=Stage.STORED):
            outbox.send("ingest", key=image.pk)
    image.refresh_from_db(fields=["stage"])


def _keep_refusal(upload: "UploadedFile[bytes]", by: User, error: IngestError) -> Image:
    """A refused upload stays on its owner's list with the reason; its bytes are not kept."""
    with transaction.atomic():
        image = Image.objects.create(owner=by, stage=Stage.REJECTED, refusal_code=error.code, refusal=str(error)[:400])
        image.file = StoredFile.objects.create(
            image=image,
            original_name=display_name(upload.name or ""),
            content_type="application/octet-stream",
            format="",
            bytes=upload.size or 0,
        )
        image.save(update_fields=["file"])
    return image


def _check_quota(by: User, count: int) -> None:
    limit = conf().uploads_per_hour
    hour = dt.timedelta(hours=1)
    recent = Image.objects.filter(owner=by, created_at__gt=Now() - hour)
    if recent.count() + count <= limit:
        return
    raise TooManyUploads(
        _("You have uploaded %(limit)d images within the hour, which is the limit. Go on in a while.")
        % {"limit": limit},
        retry_after=600,
    )
