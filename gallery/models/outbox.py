"""Work that must happen: written in the transaction that causes it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class OutboxEntry(models.Model):
    """
    One piece of work. Deleted in the transaction that finishes it.

    ``topic`` and ``key`` name it: sending the same work again while it waits changes nothing. A claim sets a lease
    and a token; who finishes must still hold the token.
    """

    topic = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_at = models.DateTimeField(default=timezone.now, help_text="not before")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent = models.PositiveIntegerField(
        default=1, help_text="goes up when it is sent again while it waits or is worked on"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="claims so far")
    last_problem = models.CharField(max_length=400, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "piece of work"
        verbose_name_plural = "work that waits"
        constraints = [
            models.UniqueConstraint(name="outbox_work_waits_once", fields=["topic", "key"]),
            models.CheckConstraint(
                name="outbox_lease_is_whole",
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
            ),
        ]
        indexes = [models.Index(name="outbox_due", fields=["topic", "next_at"], condition=Q(quarantined_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
