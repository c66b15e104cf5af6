"""Somebody whose image was decided about asks for another look."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from gallery.models.image import Image

if TYPE_CHECKING:
    from gallery.models.user import User


class AppealQuerySet(models.QuerySet["Appeal"]):
    def waiting(self) -> Self:
        return self.filter(answered_at=None)

    def for_senior(self, user: "User") -> Self:
        """Never the one who decided, nor the one who asks, nor on an image of their own."""
        own = Image.objects.filter(owner=user, judged_in__verdict__decision=models.OuterRef("decision"))
        return self.exclude(decision__actor=user).exclude(by=user).exclude(models.Exists(own))

    def about(self, image: Image) -> Self:
        """On decisions that judged or absorbed this image, newest first."""
        judged = Q(decision__verdicts__contents__image=image)
        return self.filter(judged | Q(decision__merges__members__image=image)).distinct().order_by("-pk")


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
