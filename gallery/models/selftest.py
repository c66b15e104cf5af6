"""How the site did on copies of its own images."""

from typing import Self, TypedDict

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Tally(TypedDict):
    """Of the copies made by one edit: how many there were, were met by the search, flagged, and certain."""

    copies: int
    met: int
    flagged: int
    certain: int


class SelfTestQuerySet(models.QuerySet["SelfTest"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")


class SelfTest(models.Model):
    """One run of ``manage.py selftest``, by hand or by night."""

    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    seconds = models.FloatField(_("seconds"), help_text=_("How long it took."))
    images = models.PositiveIntegerField(_("images"), help_text=_("Images of the site that were copied."))
    policy = models.ForeignKey("gallery.Policy", on_delete=models.PROTECT, related_name="+", verbose_name=_("policy"))
    model_key = models.CharField(_("network"), max_length=40)
    tallies = models.JSONField(
        _("by edit"), default=dict, help_text=_("For each edit: copies made, met by the search, flagged, certain.")
    )

    objects = SelfTestQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("self-test")
        verbose_name_plural = _("self-tests")
        indexes = [models.Index(name="selftest_newest", fields=["-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @property
    def total(self) -> Tally:
        """Over all edits."""
        rows: list[Tally] = list(self.tallies.values())
        return {
            "copies": sum(row["copies"] for row in rows),
            "met": sum(row["met"] for row in rows),
            "flagged": sum(row["flagged"] for row in rows),
            "certain": sum(row["certain"] for row in rows),
        }
