"""Who asked to see a sensitive picture, and when."""

import datetime as dt
from collections.abc import Iterable

from django.db import models, transaction

from gallery.models.audit import AuditEntry
from gallery.models.image import Image
from gallery.models.user import User


class RevealQuerySet(models.QuerySet["Reveal"]):
    def note(self, images: Iterable[Image], user: User, *, day: dt.date) -> None:
        """Write down that ``user`` asked to see ``images``: once a person, image and day, also in the audit chain."""
        with transaction.atomic():
            for image in images:
                _row, is_first = self.get_or_create(user=user, image=image, day=day)
                if is_first:
                    AuditEntry.objects.append(user, "image.reveal", f"image {image.public_id}")


class Reveal(models.Model):
    """Somebody looked at a picture that is marked as sensitive: what was asked for once is shown all day."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reveals")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="reveals")
    day = models.DateField()

    objects = RevealQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="reveal_once_a_day", fields=["user", "image", "day"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.image}"
