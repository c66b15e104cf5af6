"""How programs sign in to the API."""

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from gallery.models.user import User

PREFIX = "dedup_"
"""So that a token that was published by accident is recognised for what it is."""

SEEN_EVERY = dt.timedelta(minutes=1)


def hashed(token: str) -> str:
    """Tokens are 256 random bits: a plain hash of them cannot be guessed backwards."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None, user__is_active=True)

    def issue(self, user: "User", *, name: str) -> tuple["ApiToken", str]:
        """A new token, and its text: the only time that it can be read."""
        text = PREFIX + secrets.token_urlsafe(32)
        return self.create(user=user, name=name, hash=hashed(text)), text

    def owner_of(self, token: str) -> "User | None":
        """Whose token this is, if it is live. Notes that it was used, at most once a minute."""
        found = self.live().select_related("user").filter(hash=hashed(token)).first()
        if found is None:
            return None
        now = timezone.now()
        if found.last_used_at is None or now - found.last_used_at > SEEN_EVERY:
            self.filter(pk=found.pk).update(last_used_at=now)
        return found.user


class ApiToken(models.Model):
    """A key of one person for one program. Only its hash is kept."""

    user = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="the program that uses it")
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
