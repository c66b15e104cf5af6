"""What somebody decided about contents. Append-only, revocable."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def approvals(self) -> Self:
        """Those that say a pair is fine: never flag it again."""
        return self.exclude(kind=Verdict.Kind.SAME)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")

    def older_than(self, verdict: "Verdict") -> Self:
        """What follows it in :meth:`newest_first`."""
        return self.filter(Q(at__lt=verdict.at) | Q(at=verdict.at, pk__lt=verdict.pk))


class Verdict(models.Model):
    """
    Any two of its contents are different, related, on purpose the same – or the same picture.

    Keyed by contents (:class:`VerdictContent`), never by image, run, model or threshold. One row covers a set.
    """

    class Kind(models.TextChoices):
        DIFFERENT = "different", _("different")
        RELATED = "related", _("related")
        INTENTIONAL = "intentional", _("intentional copy")
        SAME = "same", _("the same picture")

    kind = models.CharField(max_length=12, choices=Kind)
    decision = models.ForeignKey("gallery.Decision", on_delete=models.PROTECT, related_name="verdicts")
    by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="verdicts")
    at = models.DateTimeField(default=timezone.now)
    policy = models.ForeignKey("gallery.Policy", on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoke_reason = models.CharField(max_length=400, blank=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="verdict_newest", fields=["-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.by})"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None


class VerdictContent(models.Model):
    """
    One content of a verdict, as it was when it was decided.

    It applies to every image whose file has this ``sha256``, or this ``pixel_hash`` by the same decoder. Two images of
    one content are two rows. ``image`` only says who was on screen.
    """

    verdict = models.ForeignKey(Verdict, on_delete=models.CASCADE, related_name="contents")
    image = models.ForeignKey("gallery.Image", on_delete=models.SET_NULL, null=True, related_name="judged_in")
    sha256 = models.CharField(max_length=64)
    pixel_hash = models.CharField(max_length=64, blank=True)
    decoder_version = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(name="verdict_by_bytes", fields=["sha256"]),
            models.Index(name="verdict_by_pixels", fields=["pixel_hash", "decoder_version"]),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
