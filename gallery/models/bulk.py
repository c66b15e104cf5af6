"""One answer to many cases at once: the job, and what became of each case."""

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.decision import Decision

if TYPE_CHECKING:
    from gallery.models.user import User


class BulkJobQuerySet(models.QuerySet["BulkJob"]):
    def shown_to(self, user: "User") -> Self:
        """One's own; all for seniors and those who look after the site."""
        return self if user.may_override or user.may_inspect else self.filter(actor=user)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")


class BulkJob(models.Model):
    """
    Many cases answered by one submit, worked off in the background. The id comes with the form.

    ``filters`` say what was chosen, in the words of the page's address; the cases themselves are its items.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("at work")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("stopped")
        UNDOING = "undoing", _("being taken back")
        UNDONE = "undone", _("taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    actor = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="bulk_jobs")
    action = models.CharField(max_length=12, choices=Decision.Action)
    filters = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=40, blank=True, help_text="one of the action's short list")
    note = models.TextField(blank=True, max_length=2000)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(default=0, help_text="cases chosen, or images of a batch")
    batch = models.ForeignKey(
        "gallery.Case",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="batch_jobs",
        help_text="the case that stood for the batch that is answered",
    )
    keeper = models.ForeignKey(
        "gallery.Image", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="of a batch"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undo_reason = models.CharField(max_length=400, blank=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="bulk_job_by_actor", fields=["actor", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.actor}: {self.get_action_display()} × {self.total}"

    def get_absolute_url(self) -> str:
        return reverse("bulk", args=[self.pk])

    @property
    def is_at_work(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING, self.State.UNDOING)


class BulkItem(models.Model):
    """
    One case of a job, at the version it had when the job was sent; or a part of a batch.

    The id is that of the decision it leads to: work that is done twice has one effect.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DECIDED = "decided", _("decided")
        LEFT_OUT = "left_out", _("left out")
        UNDONE = "undone", _("taken back")
        STANDS = "stands", _("still stands")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="its place in the job, from 1")
    case = models.ForeignKey("gallery.Case", on_delete=models.CASCADE, related_name="bulk_items")
    case_version = models.PositiveIntegerField()
    images = models.JSONField(default=list, db_default=[], blank=True, help_text="ids, of a part of a batch")
    size = models.PositiveIntegerField(default=0, db_default=0, help_text="how many these are; 0 if it is a whole case")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    code = models.CharField(max_length=24, blank=True, help_text="why it was left out or still stands")
    sentence = models.CharField(max_length=600, blank=True, help_text="the same, for people")
    pairs_closed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="bulk_item_once", fields=["job", "case"], condition=models.Q(size=0)),
        ]
        indexes = [models.Index(name="bulk_item_next", fields=["job", "state", "number"])]

    def __str__(self) -> str:
        return f"{self.number} of {self.job_id}"
