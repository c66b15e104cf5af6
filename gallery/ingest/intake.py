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
from django.db.models import OuterRef, QuerySet, Subquery
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
    return [
        found if isinstance(found, Accepted) else _keep_refusal(upload, by, found)
        for upload, found in zip(uploads, accept_all(uploads, by=by), strict=True)
    ]


def accept(upload: "UploadedFile[bytes]", *, by: User) -> Accepted:
    """
    Take one upload in: check it, write its row, store its bytes, ask for its work.

    :raises IngestError: if it is refused; nothing is stored.
    :raises Unavailable: if the store is down; the upload can be sent again.
    """
    (found,) = accept_all([upload], by=by)
    if isinstance(found, IngestError):
        raise found
    return found


def accept_all(uploads: "Sequence[UploadedFile[bytes]]", *, by: User) -> list[Accepted | IngestError]:
    """
    :func:`accept` for several at once, in as many transactions as for one. What is refused is told in its place, and
    nothing of it is stored.

    :raises Unavailable: if the store is down. What was stored before is accepted; all of it can be sent again.
    """
    checked: list[Checked | IngestError] = []
    for upload in uploads:
        try:
            checked.append(_check(upload))
        except IngestError as error:
            checked.append(error)
    rows = _rows_for([found for found in checked if isinstance(found, Checked)], by)
    kept: list[Image] = []
    try:
        return [found if isinstance(found, IngestError) else _keep(found, rows, kept) for found in checked]
    finally:
        _acknowledge(kept)


@dataclass(frozen=True, slots=True)
class Checked:
    """An upload that nothing speaks against, before its row is written."""

    upload: "UploadedFile[bytes]"
    header: header.Header
    note: str
    digest: str


def _check(upload: "UploadedFile[bytes]") -> Checked:
    found = _inspect(upload)
    return Checked(upload, found, header.name_note(upload.name or "", found), sha256_of(upload))


def _keep(found: Checked, rows: dict[str, Image], kept: list[Image]) -> Accepted:
    """Store the bytes of an upload that is not here yet, and add its row to ``kept``."""
    image = rows[found.digest]
    if image.stage != Stage.RECEIVING or image in kept:
        return Accepted(image.canonical, created=False)
    stored = image.file
    assert stored is not None  # written with the row
    store.keep(stored, found.upload, extension=found.header.extension)
    kept.append(image)
    return Accepted(image, created=True, note=found.note)


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


def _rows_for(uploads: Sequence[Checked], by: User) -> dict[str, Image]:
    """The row of this person's upload of these bytes, by their sha256: a new one, or the one that is there."""
    known = (
        Image.objects.filter(owner=by).exclude(standing=Image.Standing.REMOVED).select_related("merged_into", "file")
    )
    rows = _by_digest(known, uploads)
    fresh = {found.digest: found for found in uploads if found.digest not in rows}
    if not fresh:
        return rows
    try:
        with transaction.atomic():
            return rows | _new_rows(fresh, by)
    except IntegrityError:
        # The same person sent some of the same bytes at the same moment, and the other request was first.
        rows = _by_digest(known, uploads)
        lacking = [found for found in fresh.values() if found.digest not in rows]
        if len(lacking) == len(fresh) == 1:
            raise
        for found in lacking:
            rows |= _rows_for([found], by)
        return rows


def _by_digest(known: "QuerySet[Image]", uploads: Sequence[Checked]) -> dict[str, Image]:
    return {image.upload_hash: image for image in known.filter(upload_hash__in={found.digest for found in uploads})}


def _new_rows(uploads: dict[str, Checked], by: User) -> dict[str, Image]:
    images = Image.objects.bulk_create(
        Image(owner=by, upload_hash=digest, note=found.note) for digest, found in uploads.items()
    )
    files = StoredFile.objects.bulk_create(
        StoredFile(
            image=image,
            original_name=display_name(found.upload.name or ""),
            content_type=found.header.content_type,
            format=found.header.kind,
            bytes=found.upload.size or 0,
            sha256=found.digest,
            width=found.header.width,
            height=found.header.height,
        )
        for image, found in zip(images, uploads.values(), strict=True)
    )
    for image, stored in zip(images, files, strict=True):
        image.file = stored
    theirs = StoredFile.objects.filter(image=OuterRef("pk")).values("pk")
    Image.objects.filter(pk__in=[image.pk for image in images]).update(file=Subquery(theirs))
    return {image.upload_hash: image for image in images}


def _acknowledge(images: Sequence[Image]) -> None:
    """The bytes are safe: from here on the work will be done, whatever dies."""
    if not images:
        return
    with transaction.atomic():
        StoredFile.objects.write([image.file for image in images if image.file], ["blob"])
        waiting = Image.objects.filter(pk__in=[image.pk for image in images], stage=Stage.RECEIVING)
        moved = set(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
        Image.objects.filter(pk__in=moved).update(stage=Stage.STORED)
        outbox.send_many("ingest", keys=moved)
    for image in images:
        if image.pk in moved:
            image.stage = Stage.STORED
        else:  # somebody sent the same bytes at the same moment and was first: a worker may have gone on
            image.refresh_from_db(fields=["stage"])


def _keep_refusal(upload: "UploadedFile[bytes]", by: User, error: IngestError) -> Refused:
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
    return Refused(display_name(upload.name or ""), error.code, str(error), error.status, image)


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
