"""Who did what, in a chain that shows when it was tampered with."""

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from gallery.models.user import User

NOBODY = "system"
"""The actor's name where the site acted by itself."""

FIRST_HASH = "0" * 64
"""What the first entry names as its predecessor's hash."""


class AuditChain(models.Model):
    """The head of the chain: one row, locked while an entry is added so that entries have one order."""

    head = models.CharField(max_length=64, default=FIRST_HASH)
    length = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.length} entries"


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def append(self, actor: "User | None", verb: str, subject: str, **data: Any) -> "AuditEntry":
        """
        Add an entry to the end of the chain, in the transaction of what it tells of.

        ``subject`` is the kind and the public id of what it is about; ``data`` must be fit for JSON.
        """
        with transaction.atomic():
            chain = AuditChain.objects.select_for_update().get()
            entry = AuditEntry(
                position=chain.length + 1,
                at=timezone.now(),
                actor=actor,
                actor_name=actor.get_username() if actor else NOBODY,
                verb=verb,
                subject=subject,
                # As the database will give it back, so that the hash is the same tomorrow.
                data=json.loads(json.dumps(data, cls=DjangoJSONEncoder)),
                previous_hash=chain.head,
            )
            entry.hash = entry.computed_hash()
            entry.save(force_insert=True)
            AuditChain.objects.filter(pk=chain.pk).update(head=entry.hash, length=entry.position)
        return entry

    def first_break(self) -> int | None:
        """
        The position of the first entry that was changed, removed or slipped in; None if the chain is whole.

        Entries missing at the end show as the position after the last one that is there.
        """
        expected, previous = 1, FIRST_HASH
        for entry in self.order_by("position").iterator(1000):
            if (entry.position, entry.previous_hash) != (expected, previous) or entry.hash != entry.computed_hash():
                return min(expected, entry.position)
            expected, previous = expected + 1, entry.hash
        chain = AuditChain.objects.get()
        return None if (chain.length, chain.head) == (expected - 1, previous) else expected

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("audit entries are append-only")

    def delete(self) -> NoReturn:
        raise TypeError("audit entries are append-only")


class AuditEntry(models.Model):
    """
    One event. Append-only: it can be added and read.

    ``hash`` is the sha256 of the entry's canonical JSON, which holds the hash of the entry before: whoever changes an
    old entry must change all that follow, and the head of the chain.
    """

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

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-position"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.verb} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit entries are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("audit entries are append-only")

    def computed_hash(self) -> str:
        """What the hash must be: 64 hexadecimal digits."""
        told = {
            "position": self.position,
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "actor": self.actor_id,
            "actor_name": self.actor_name,
            "verb": self.verb,
            "subject": self.subject,
            "data": self.data,
            "previous_hash": self.previous_hash,
        }
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
