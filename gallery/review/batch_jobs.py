"""Sending one answer to a batch: as a job, with what was on screen when it was sent."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gallery import outbox
from gallery.detection.groups import Group
from gallery.errors import CaseChanged, NotAllowed, RuleBroken
from gallery.models import AuditEntry, BulkItem, BulkJob, Case, Image, User
from gallery.review import access, batches, bulk
from gallery.review.transactions import in_one_transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """
    How many images of a batch were on screen, and the newest of them.

    Copies that come later are no part of the answer, and do not hold it up.
    """

    count: int
    newest: int

    @classmethod
    def of(cls, batch: Group) -> "Seen":
        return cls(len(batch.images), max(batch.images))

    @classmethod
    def read(cls, given: str) -> "Seen":
        """
        :raises CaseChanged: if it makes no sense.
        """
        count, _dash, newest = given.partition("-")
        if not (count.isdecimal() and newest.isdecimal()):
            raise CaseChanged(_("The page was not complete. Look at it and answer once more."))
        return cls(int(count), int(newest))

    def __str__(self) -> str:
        return f"{self.count}-{self.newest}"


@in_one_transaction
def start(
    user: User,
    case: Case,
    *,
    job_id: uuid.UUID,
    action: str,
    seen: str,
    keeper: int | None = None,
    reason: str = "",
    note: str = "",
) -> BulkJob:
    """
    Write down what is to be done with the batch of ``case``, and ask for it. The same form sent twice makes one job.

    :param keeper: the id of the image that stays, of a merge.
    :param seen: a :class:`Seen` in words.
    :raises NotAllowed: if this person may not review, or the keeper is their own.
    :raises CaseChanged: if copies left the batch since.
    :raises RuleBroken: if nothing is left to decide, or the answer makes no sense for these.
    """
    if sent := bulk.sent_before(user, job_id):
        return sent
    bulk.check_asked(user, action, reason=reason, note=note)
    batch, was = batches.of(case), Seen.read(seen)
    images = sorted(image for image in batch.images if image <= was.newest) if batch else []
    if batch is None or len(images) != was.count:
        raise CaseChanged(_("Somebody decided about some of these while you looked at them. Look again."))
    if action not in {found.name for found in batches.offered(images)}:
        raise RuleBroken(_("Some of these files are identical and some are not. Merge them."))
    staying = _keeper(user, images, keeper) if action == batches.MERGE else None
    found = batches.sorted_out(images, user, action=action, keeper=staying)
    if staying and staying.pk not in found.free:
        raise RuleBroken(_("Somebody else is looking at the picture to keep. Choose another, or come back later."))
    if len(found.free) < 2:
        raise RuleBroken(_("All of these are left to somebody else for now."))
    job = BulkJob.objects.create(
        pk=job_id, actor=user, action=action, reason=reason, note=note, batch=case, keeper=staying
    )
    items = [
        BulkItem(job=job, number=number, case=case, case_version=case.version, images=part, size=len(part))
        for number, part in enumerate(batches.parts(found.free, batch, staying), start=1)
    ]
    items += batches.left_out(job, case, found.left, number=len(items) + 1)
    BulkItem.objects.bulk_create(items)
    job.total = sum(item.size for item in items)
    job.save(update_fields=["total"])
    AuditEntry.objects.append(
        user, "bulk.start", f"bulk {job.pk}", action=action, batch=case.pk, images=job.total, reason=reason
    )
    outbox.send(bulk.TOPIC, key=job.pk)
    return job


def _keeper(user: User, images: list[int], wanted: int | None) -> Image:
    if wanted not in images:
        raise CaseChanged(_("The image to keep is not among these any more. Look again."))
    if access.owns_any(user, [wanted]):
        raise NotAllowed(_(access.OWN))
    return Image.objects.get(pk=wanted)
