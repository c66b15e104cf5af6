"""What a moderator works on: the connected set of open pairs."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.image import Image

if TYPE_CHECKING:
    from gallery.models.user import User


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> Self:
        return self.filter(state=Case.State.OPEN)

    def most_certain_first(self) -> Self:
        return self.order_by("-tier", "-score", "id")

    def unfolded(self) -> Self:
        """Of a batch only the case that stands for it; others of it where somebody asks for a senior."""
        return self.filter(Q(batch=None) | Q(escalated_at__isnull=False))

    def not_skipped_by(self, user: "User") -> Self:
        return self.exclude(skips__user=user)

    def not_about(self, user: "User") -> Self:
        """Nobody decides on an image of their own, nor on one that theirs was merged into."""
        # A list that is made once, whatever the database believes of its tables: not a question for every case.
        return self.exclude(pk__in=CaseMember.objects.about(user).values("case"))

    def with_surest_pair(self) -> Self:
        """Adds ``surest_pair``: the id of the open pair that a list shows; None if there is none."""
        from gallery.models.pair import Pair  # pairs know cases, so cases ask late

        pairs = Pair.objects.awaiting_review().filter(case=models.OuterRef("pk")).order_by("-tier", "-score", "pk")
        return self.annotate(surest_pair=models.Subquery(pairs.values("pk")[:1]))

    def free_for(self, user: "User", *, now: dt.datetime) -> Self:
        """Not held by somebody else at this moment."""
        return self.filter(Q(lease_holder=None) | Q(lease_holder=user) | Q(lease_until__lt=now))


class Case(models.Model):
    """Two or more images connected by open pairs. One lease and one version cover it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(
        default=1, help_text="goes up with every change; decisions compare and set it"
    )
    size = models.PositiveIntegerField(default=0, help_text="live members")
    tier = models.PositiveSmallIntegerField(default=0, help_text="the surest pair's")
    score = models.FloatField(default=0.0, help_text="the surest pair's")
    batch = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="folded",
        help_text="the case that stands for this one in the queue: both are sure copies of one picture",
    )
    batch_size = models.PositiveIntegerField(
        default=0, db_default=0, help_text="images of the batch that it stands for; 0 if it stands for itself only"
    )
    opened_under = models.ForeignKey("gallery.Policy", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    lease_holder = models.ForeignKey(
        "gallery.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="leased_cases"
    )
    lease_until = models.DateTimeField(null=True, blank=True)

    escalated_by = models.ForeignKey(
        "gallery.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="escalated_cases"
    )
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalation_note = models.TextField(blank=True, max_length=2000)

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = [
            ("review_case", "Can open the desk and decide on cases"),
            ("override_decision", "Can undo what others did and decide what was escalated"),
            ("inspect", "Can see every image, decision and audit entry"),
        ]
        indexes = [models.Index(name="case_queue", fields=["state", "-tier", "-score", "id"])]
        constraints = [
            models.CheckConstraint(name="case_open_has_two", condition=~Q(state="open") | Q(size__gte=2)),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.pk])


class CaseMemberQuerySet(models.QuerySet["CaseMember"]):
    def about(self, user: "User") -> Self:
        """Live ones whose image is this person's, or one that theirs was merged into."""
        own = Image.objects.filter(owner=user)
        return self.filter(live=True).filter(
            Q(image__in=own) | Q(image__in=own.exclude(merged_into=None).values("merged_into"))
        )


class CaseMember(models.Model):
    """An image in a case. ``live`` members are what is on screen; an image is live in one case at most."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="members")
    image = models.ForeignKey("gallery.Image", on_delete=models.CASCADE, related_name="memberships")
    live = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CaseMemberQuerySet.as_manager()

    class Meta:
        ordering = ["image_id"]
        constraints = [
            models.UniqueConstraint(name="member_once", fields=["case", "image"]),
            models.UniqueConstraint(name="member_live_in_one_case", fields=["image"], condition=Q(live=True)),
        ]

    def __str__(self) -> str:
        return f"{self.image} in {self.case}"


class CaseSkip(models.Model):
    """Somebody would rather not decide this one; it comes back to others."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="skips")
    user = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="skips")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="skip_once", fields=["case", "user"])]

    def __str__(self) -> str:
        return f"{self.user} skipped {self.case}"


class CaseComment(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="case_comments")
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]
