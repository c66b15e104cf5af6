"""One reversible operation that folds images into a keeper, with a journal of every field it changed."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class MergeQuerySet(models.QuerySet["Merge"]):
    def standing(self) -> Self:
        return self.filter(undone_at=None)


class Merge(models.Model):
    """Images folded into a keeper. Undone and done again any number of times, through decisions."""

    decision = models.ForeignKey("gallery.Decision", on_delete=models.PROTECT, related_name="merges")
    keeper = models.ForeignKey("gallery.Image", on_delete=models.PROTECT, related_name="merges")
    file = models.ForeignKey(
        "gallery.StoredFile", on_delete=models.PROTECT, related_name="+", help_text="the file that was chosen to stay"
    )
    choices = models.JSONField(
        default=dict, blank=True, help_text="what was chosen where nothing is automatic: the licence"
    )
    by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="merges")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="merge_newest", fields=["-at", "-id"])]

    def __str__(self) -> str:
        return f"into {self.keeper}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class MergeMember(models.Model):
    """
    An image that a merge absorbed.

    ``restored_at`` is set where an undo gave it back. A merge stands as long as it holds a member: one whose file was
    purged can't be given back.
    """

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="members")
    image = models.ForeignKey("gallery.Image", on_delete=models.PROTECT, related_name="absorbed_by")
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="merge_absorbs_once", fields=["merge", "image"])]

    def __str__(self) -> str:
        return f"{self.image} {self.merge}"


class JournalEntry(models.Model):
    """
    One change of one field of one row, in the order it was done.

    ``before`` and ``after`` are JSON: a field's value, or for a relation the ids that were added (``after``) or taken
    away (``before``). An entry is reverted only while the current value is still ``after``.
    """

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="journal")
    position = models.PositiveIntegerField()
    model = models.CharField(max_length=40, help_text="the row's model, lower case")
    row = models.BigIntegerField(help_text="the row's id")
    field = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reverted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="journal_in_order", fields=["merge", "position"]),
            models.CheckConstraint(name="journal_changes_something", condition=~Q(field="")),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.row} {self.field}"
