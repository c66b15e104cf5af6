"""What detection knows of a content."""

import uuid
from typing import Self

import numpy as np
from django.db import models
from django.utils import timezone

from gallery.vectors import Vectors, unit


class FingerprintQuerySet(models.QuerySet["Fingerprint"]):
    def lacking(self, model_key: str) -> Self:
        """Without a vector of that network."""
        seen = Embedding.objects.of_model(model_key).filter(fingerprint=models.OuterRef("pk"))
        return self.exclude(models.Exists(seen))


class Fingerprint(models.Model):
    """Hashes of one file's picture. Its id is the key in the PDQ collection of the index."""

    file = models.OneToOneField("gallery.StoredFile", on_delete=models.CASCADE, related_name="fingerprint")
    pixel_hash = models.CharField(max_length=64, db_index=True, help_text="sha256 of the upright sRGB pixels")
    decoder_version = models.PositiveSmallIntegerField()
    pdq = models.BinaryField(max_length=256, help_text="the eight dihedral hashes of 32 bytes, upright first")
    pdq_quality = models.PositiveSmallIntegerField(help_text="0 to 100; below 50 it is blank or a gradient")
    dominant_share = models.FloatField(help_text="share of the most frequent colour, 0 to 1; documents exceed 0.4")
    over_black_pdq = models.BinaryField(
        max_length=32, default=b"", help_text="the upright hash with black where it is transparent, if it is"
    )
    over_black_quality = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 to 100, of that hash; none where nothing is transparent"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FingerprintQuerySet.as_manager()

    def __str__(self) -> str:
        return self.pixel_hash[:12]


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def of_model(self, model_key: str) -> Self:
        return self.filter(model_key=model_key)


class Embedding(models.Model):
    """
    One vector of one view of a picture. Its id is the key in the model's collection of the index.

    Kept in SQL as float16, so that a lost index is rebuilt without a second pass of the network.
    """

    class View(models.TextChoices):
        WHOLE = "whole", "the whole picture"
        REGION = "region", "the content of a screenshot or frame"
        OVER_BLACK = "black", "the whole with black where it is transparent"
        Q1 = "q1", "the upper left quarter"
        Q2 = "q2", "the upper right quarter"
        Q3 = "q3", "the lower left quarter"
        Q4 = "q4", "the lower right quarter"

        @property
        def is_quarter(self) -> bool:
            return self in (self.Q1, self.Q2, self.Q3, self.Q4)

    fingerprint = models.ForeignKey(Fingerprint, on_delete=models.CASCADE, related_name="embeddings")
    model_key = models.CharField(max_length=40)
    view = models.CharField(max_length=8, choices=View, default=View.WHOLE)
    vector = models.BinaryField(help_text="float16, little endian")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="embedding_once", fields=["fingerprint", "model_key", "view"]),
        ]
        indexes = [models.Index(name="embedding_by_model", fields=["model_key", "id"])]

    def __str__(self) -> str:
        return f"{self.model_key} {self.view}"


def packed(vectors: Vectors) -> list[bytes]:
    """Rows as they are kept: float16, two bytes a dimension; the error of a cosine is below 1e-3."""
    return [row.astype("<f2").tobytes() for row in vectors]


def unpacked(rows: list[bytes]) -> Vectors:
    """The rows of :func:`packed` as unit vectors again, shape ``(n, d)``."""
    return unit(np.stack([np.frombuffer(row, dtype="<f2") for row in rows]).astype(np.float32))


class CollectionQuerySet(models.QuerySet["Collection"]):
    def fed_besides(self, embedder: str) -> list[str]:
        """The other networks that new images are shown to."""
        return sorted(self.exclude(fed_by__in=["", embedder]).values_list("fed_by", flat=True))

    def astray(self) -> Self:
        """In another state than SQL knows: nothing is searched in them until they were made good."""
        return self.exclude(astray_since=None)


class Collection(models.Model):
    """
    What a collection of the index should hold.

    ``epoch`` is what the collection must be marked with, see :mod:`gallery.detection.epochs`.
    """

    name = models.CharField(max_length=80, unique=True)
    dimensions = models.PositiveIntegerField()
    epoch = models.UUIDField(default=uuid.uuid4)
    fed_by = models.CharField(
        max_length=20,
        blank=True,
        help_text="the network that new images are shown to for it, though the policy may name another",
    )
    astray_since = models.DateTimeField(
        null=True, blank=True, help_text="found in another state than SQL knows, and not made good since"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True)
    repaired_at = models.DateTimeField(null=True, blank=True)

    objects = CollectionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
