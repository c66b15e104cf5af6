"""Somebody whose image was decided about asks for another look."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from gallery.models.user import User


class AppealQuerySet(models.QuerySet["Appeal"]):
    def waiting(self) -> Self:
        return self.filter(answered_at=None)

    def for_senior(self, user: "User") -> Self:
        """Never the one who decided, nor the one who asks."""
        return self.exclude(decision__actor=user).exclude(by=user)


class Appeal(models.Model):
    """A request to take a decision back: by an owner or contributor, answered by a senior who did not decide."""

    decision = models.ForeignKey("gallery.Decision", on_delete=models.PROTECT, related_name="appeals")
    by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="appeals")
    note = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    granted = models.BooleanField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="appeal_waits_once", fields=["decision", "by"], condition=Q(answered_at__isnull=True)
            ),
            models.CheckConstraint(
                name="appeal_answered_by_another", condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("by"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.note[:60]}"
