"""Take an image off the site: by its owner, or by a senior. It can be put back until its file is purged."""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.detection import cases
from gallery.errors import NotAllowed, RuleBroken
from gallery.models import AuditEntry, Image, User
from gallery.review import contents, keeping
from gallery.review.transactions import in_one_transaction, locked

Standing = Image.Standing


@in_one_transaction
def remove(image: Image, by: User, *, reason: str = "") -> None:
    """
    Take ``image`` off the site. Its pairs become moot and its cases follow, in this transaction.

    Those whose images were merged into it read so in their lists, and may take theirs back. Removing twice changes
    nothing more.

    :raises NotAllowed: if it is neither this person's own nor are they a senior with a reason.
    :raises RuleBroken: under a legal hold, or after it was merged.
    """
    cases.one_at_a_time()
    (image,) = locked([image.pk])
    _check_may(image, by, reason)
    if image.standing == Standing.REMOVED:
        return
    if image.held:
        raise RuleBroken(
            _("%(image)s is under a legal hold. It stays until a senior moderator or an admin lifts that.")
            % {"image": f"“{image.name}”"}
        )
    if image.standing == Standing.MERGED:
        raise RuleBroken(_("This image was merged into another. Ask for it to be given back, then remove it."))
    now = timezone.now()
    Image.objects.filter(pk=image.pk).update(standing=Standing.REMOVED, removed_at=now, version=F("version") + 1)
    keeping.follow_standing([image.pk])
    contents.settle([image.pk])
    AuditEntry.objects.append(by, "image.remove", f"image {image.public_id}", reason=reason, image=image.pk)


@in_one_transaction
def restore(image: Image, by: User, *, reason: str = "") -> None:
    """
    Put a removed image back; its pairs are open again unless they were decided.

    :raises NotAllowed: as :func:`remove`.
    :raises RuleBroken: if it is not removed, its file is gone, or its owner has uploaded the file again since.
    """
    cases.one_at_a_time()
    (image,) = locked([image.pk])
    _check_may(image, by, reason)
    if image.standing != Standing.REMOVED:
        raise RuleBroken(_("This image was not removed, so there is nothing to put back."))
    if image.file is None or image.file.purged_at:
        raise RuleBroken(_("The file of this image was deleted when its time was over. Upload it again."))
    try:
        with transaction.atomic():
            Image.objects.filter(pk=image.pk).update(standing=Standing.LIVE, removed_at=None, version=F("version") + 1)
    except IntegrityError as error:
        raise RuleBroken(_("The same file was uploaded again since. That upload stands for it now.")) from error
    keeping.follow_standing([image.pk])
    contents.settle([image.pk])
    AuditEntry.objects.append(by, "image.restore", f"image {image.public_id}", reason=reason, image=image.pk)


def _check_may(image: Image, by: User, reason: str) -> None:
    if image.owner_id == by.pk:
        return
    if not by.may_override:
        raise NotAllowed(_("Only its owner or a senior moderator can do this. Ask one of them."))
    if not reason.strip():
        raise NotAllowed(_("This is somebody else's image. Say why."))


def may_hold(user: User) -> bool:
    """Whether this person sets and lifts legal holds."""
    return user.may_override or user.has_perm("gallery.change_image")


@in_one_transaction
def hold(image: Image, by: User, *, held: bool, reason: str) -> None:
    """
    Put a legal hold on an image or lift it. Under a hold nothing of it is ever purged.

    :raises NotAllowed: if this person is neither a senior nor an admin.
    :raises RuleBroken: without a reason.
    """
    if not may_hold(by):
        raise NotAllowed(_("Only a senior moderator or an admin sets a legal hold. Ask one of them."))
    if not reason.strip():
        raise RuleBroken(_("Say what the hold is for."))
    cases.one_at_a_time()
    locked(contents.with_families([image.pk]))
    Image.objects.filter(pk=image.pk).update(held=held)
    if not held:
        keeping.follow_release(image)
    verb = "image.hold" if held else "image.release"
    AuditEntry.objects.append(by, verb, f"image {image.public_id}", reason=reason.strip(), image=image.pk)
