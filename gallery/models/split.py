"""A case that somebody split: which images were put on which side."""

from typing import Self

from django.db import models
from django.db.models import Q


class SplitPartQuerySet(models.QuerySet["SplitPart"]):
    def standing(self) -> Self:
        """Of splits that nobody has taken back."""
        return self.filter(decision__undone_at=None)


class SplitPart(models.Model):
    """
    An image on one side of a split. It arranges work and says nothing about pictures.

    Images on different sides are in different cases for as long as either has another question open.
    """

    decision = models.ForeignKey("gallery.Decision", on_delete=models.PROTECT, related_name="parts")
    image = models.ForeignKey("gallery.Image", on_delete=models.PROTECT, related_name="split_parts")
    part = models.PositiveSmallIntegerField(help_text="0 or 1: the side")

    objects = SplitPartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="split_image_once", fields=["decision", "image"]),
            models.CheckConstraint(name="split_has_two_sides", condition=Q(part__in=[0, 1])),
        ]

    def __str__(self) -> str:
        return f"{self.image}: {self.part}"
