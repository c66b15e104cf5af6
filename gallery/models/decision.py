"""What somebody did on the desk: one submit, one row, one effect."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from gallery.models.user import User


class DecisionQuerySet(models.QuerySet["Decision"]):
    def by(self, user: "User") -> Self:
        return self.filter(actor=user)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")

    def answers(self) -> Self:
        """Without what only takes another back or arranges the work."""
        return self.exclude(action__in=[Decision.Action.UNDO, Decision.Action.SPLIT])

    def since(self, moment: dt.datetime) -> Self:
        return self.filter(at__gte=moment)

    def older_than(self, decision: "Decision") -> Self:
        """What follows it in :meth:`newest_first`."""
        return self.filter(Q(at__lt=decision.at) | Q(at=decision.at, pk__lt=decision.pk))

    def standing(self) -> Self:
        """Took effect and has not been taken back."""
        return self.filter(undone_at=None, dissent=False)

    def to_take_back(self) -> Self:
        """Those that stand and are no undo themselves."""
        return self.standing().exclude(action=Decision.Action.UNDO)


class Decision(models.Model):
    """
    One submit of one person. The id comes with the form, so that a submit sent twice has one effect.

    A decision may hold a verdict, a merge, or both (merge some, the rest are different). A split and an undo are
    decisions too, and can be undone.
    """

    class Action(models.TextChoices):
        DIFFERENT = "different", _("different")
        RELATED = "related", _("related")
        INTENTIONAL = "intentional", _("intentional copy")
        MERGE = "merge", _("merged")
        SPLIT = "split", _("split")
        UNDO = "undo", _("undone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    action = models.CharField(max_length=12, choices=Action)
    actor = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField(default=timezone.now)
    case = models.ForeignKey("gallery.Case", on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions")
    case_version = models.PositiveIntegerField(null=True, blank=True, help_text="the version that was on screen")
    reason = models.CharField(max_length=40, blank=True, help_text="one of the action's short list")
    note = models.TextField(blank=True, max_length=2000)
    pairs_closed = models.PositiveIntegerField(default=0)
    dissent = models.BooleanField(default=False, help_text="came second and disagreed: recorded, without effect")
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undos")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="decision_by_actor", fields=["actor", "-at"]),
            models.Index(name="decision_newest", fields=["-at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="decision_undo_names_what",
                condition=Q(action="undo", undoes__isnull=False) | (~Q(action="undo") & Q(undoes__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.get_action_display()}"

    @property
    def is_standing(self) -> bool:
        """As :meth:`DecisionQuerySet.standing` asks the database."""
        return self.undone_at is None and not self.dissent
