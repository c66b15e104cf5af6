"""What belongs to an image beside its file: tags, albums, favourites, sources. Merges move it, undos give it back."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Tag(models.Model):
    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlbumQuerySet(models.QuerySet["Album"]):
    def with_counts(self) -> Self:
        """Adds ``count``: the images in it that are on the site."""
        return self.annotate(count=models.Count("images", filter=Q(images__standing="live")))


class Album(models.Model):
    """A list of images that a person keeps. Nobody else sees it."""

    owner = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="albums")
    name = models.CharField(max_length=120)

    objects = AlbumQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="album_name_once_per_owner", fields=["owner", "name"])]

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """Somebody marked an image."""

    user = models.ForeignKey("gallery.User", on_delete=models.CASCADE, related_name="favourites")
    image = models.ForeignKey("gallery.Image", on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(name="favourite_once", fields=["user", "image"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.image}"


class SourceLink(models.Model):
    """A page that an image came from or is used on."""

    image = models.ForeignKey("gallery.Image", on_delete=models.CASCADE, related_name="source_links")
    url = models.URLField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(name="source_link_once", fields=["image", "url"])]

    def __str__(self) -> str:
        return self.url
