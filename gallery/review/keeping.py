"""How long a file is kept that no image of the site shows any more: for a while, and for ever under a legal hold."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Q
from django.utils import timezone

from gallery.conf import conf
from gallery.models import Image, MergeMember, StoredFile
from gallery.review.contents import with_families
from gallery.review.journal import Journal

Standing = Image.Standing


def a_while_from_now() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=conf().keep_absorbed_days)


def is_held(file: StoredFile) -> bool:
    """
    Whether a legal hold covers the file: of the image it came as or of the one that shows it, or of an image that one
    of these was merged into, also where that was merged onward since.
    """
    theirs = Q(image=file.image_id) | Q(image__file=file)
    holding = MergeMember.objects.filter(theirs, restored_at=None, merge__undone_at=None)
    keepers = Q(absorbed=file.image_id) | Q(absorbed__file=file) | Q(pk__in=holding.values("merge__keeper"))
    return Image.objects.filter(Q(pk=file.image_id) | Q(file=file) | keepers, held=True).exists()


def keep_absorbed(journal: Journal, image: Image) -> None:
    """The file that ``image`` shows no more, because it was merged, is kept as a version. The merge wrote it down."""
    if image.file and _is_undated(image.file):
        journal.set(image.file, purge_after=a_while_from_now())


def _is_undated(file: StoredFile) -> bool:
    return not file.purge_after and not file.purged_at and not is_held(file)


def follow_standing(images: Collection[int]) -> None:
    """
    After images were removed, put back or given back: what is live keeps its file, what was removed does for a while.

    Images that are merged are left alone: their dates belong to the merge's journal.
    """
    shown = StoredFile.objects.filter(shown_by__in=images, purged_at=None)
    shown.filter(shown_by__standing=Standing.LIVE).exclude(purge_after=None).update(purge_after=None)
    for file in shown.filter(shown_by__standing=Standing.REMOVED, purge_after=None):
        if not is_held(file):
            StoredFile.objects.filter(pk=file.pk).update(purge_after=a_while_from_now())


def follow_release(image: Image) -> None:
    """
    After the hold on ``image`` was lifted: what was merged or removed under it is kept for a while from now on.

    The rows of its family must be locked. Of a merged image this is one more change of the merge that holds it, and is
    taken back with it.
    """
    family = with_families([image.pk])
    follow_standing(family)
    held_by = MergeMember.objects.filter(image__in=family, restored_at=None, merge__undone_at=None)
    for member in held_by.select_related("merge", "image__file").order_by("pk"):
        keep_absorbed(Journal(member.merge, goes_on=True), member.image)
