"""Filters of the list of cases that somebody uses again."""

from django.db import models
from django.utils import timezone


class SavedFilter(models.Model):
    """A name for a set of filters. ``filters`` holds them as the page's address does."""

    user = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="saved_filter_name_once", fields=["user", "name"])]

    def __str__(self) -> str:
        return self.name
