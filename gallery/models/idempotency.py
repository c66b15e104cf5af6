"""A request that is sent twice has one effect."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The reply to a request that carried an ``Idempotency-Key``; ``status`` is 0 while it is being worked on."""

    user = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotency_key_once", fields=["user", "key"])]

    def __str__(self) -> str:
        return self.key
