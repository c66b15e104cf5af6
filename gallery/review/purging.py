"""Delete the files whose time is over: of absorbed images, and of removed ones. Never under a hold."""

from django.core.files.storage import default_storage
from django.utils import timezone

from gallery.detection.sight import FEATURES
from gallery.images.renditions import KINDS
from gallery.models import AuditEntry, Image, StoredFile
from gallery.review.keeping import is_held
from gallery.review.transactions import in_one_transaction, locked


def purge_due(*, limit: int = 200) -> int:
    """
    Purge up to ``limit`` files that are due, each in its own transaction. Returns how many.

    Runs again from the start if it is ended midway: a file is only marked once its bytes are gone.
    """
    due = StoredFile.objects.filter(purge_after__lte=timezone.now(), purged_at=None).order_by("purge_after", "pk")
    # What is held waits for years: it must not take the places of what can go. The last word is in purge().
    due = due.exclude(image__held=True).exclude(shown_by__held=True).exclude(image__merged_into__held=True)
    return sum(purge(pk) for pk in due.values_list("pk", flat=True)[:limit])


@in_one_transaction
def purge(pk: int) -> bool:
    """Delete one file's bytes and small copies, if that is still due and allowed. Returns whether it was done."""
    file = StoredFile.objects.select_related("image").get(pk=pk)
    locked(_concerned(file))
    file.refresh_from_db()
    is_due = file.purged_at is None and file.purge_after is not None and file.purge_after <= timezone.now()
    is_shown = Image.objects.filter(file=file, standing=Image.Standing.LIVE).exists()
    if not is_due or is_shown or is_held(file):
        return False
    for name, kind in KINDS.items():
        default_storage.delete(file.rendition_key(name, kind.extension))
    default_storage.delete(file.rendition_key(*FEATURES))
    for key in file.tile_keys() if file.tiled_at else ():
        default_storage.delete(key)
    default_storage.delete(file.blob.name or "")
    StoredFile.objects.filter(pk=pk).update(purged_at=timezone.now())
    AuditEntry.objects.append(None, "file.purge", f"image {file.image.public_id}", file=file.pk, sha256=file.sha256)
    return True


def _concerned(file: StoredFile) -> list[int]:
    """Whose hold would keep it: locked, so that no hold comes between the question and the deletion."""
    shown_by = Image.objects.filter(file=file).values_list("pk", "merged_into")
    ids = {file.image_id, file.image.merged_into_id, *(pk for pair in shown_by for pk in pair)}
    return [pk for pk in ids if pk]
