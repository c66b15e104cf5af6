"""Who did what, in a chain that shows when it was tampered with."""

from typing import NoReturn

from django.db import models
from django.utils import timezone


class AuditChain(models.Model):
    """The head of the chain: one row, locked while an entry is added so that entries have one order."""

    head = models.CharField(max_length=64, default="0" * 64)
    length = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.length} entries"


class AuditEntry(models.Model):
    """One event. Append-only: it can be added and read."""

    position = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        "gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="audit_entries"
    )
    actor_name = models.CharField(max_length=150, help_text="kept as it was; “system” where nobody acted")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="the kind and public id of what it is about")
    data = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-position"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.verb} {self.subject}"

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("audit entries are append-only")
