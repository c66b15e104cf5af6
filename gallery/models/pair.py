"""Two images that look alike, and the evidence."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from gallery.models.image import Image
    from gallery.models.user import User


class PairQuerySet(models.QuerySet["Pair"]):
    def awaiting_review(self) -> Self:
        return self.filter(state=Pair.State.OPEN)

    def undecided(self) -> Self:
        """No verdict closed it: what a change of policy may move in or out of the queue."""
        return self.filter(state__in=[Pair.State.OPEN, Pair.State.UNFLAGGED, Pair.State.REDUNDANT])

    def touching(self, images: "list[int] | models.QuerySet[Image]") -> Self:
        return self.filter(Q(left__in=images) | Q(right__in=images))

    def among(self, images: "list[int] | models.QuerySet[Image]") -> Self:
        return self.filter(left__in=images, right__in=images)

    def between(self, one: int, other: int) -> Self:
        return self.filter(left=min(one, other), right=max(one, other))

    def with_trait(self, trait: int) -> Self:
        """Whose transformation has one of the flags ``trait``, where the geometry can be believed."""
        believed = self.filter(cells__gte=F("policy__loose_cells"), ncc__gt=F("policy__loose_ncc"))
        return believed.annotate(flags=F("traits").bitand(trait)).filter(flags__gt=0)

    def among_images_of(self, user: "User") -> Self:
        """Both images are theirs: telling them of the other one gives nothing away."""
        return self.filter(left__owner=user, right__owner=user)

    def most_alike_first(self) -> Self:
        return self.order_by("-score", "id")


class Pair(models.Model):
    """
    Two images that look alike, stored once. ``left`` is always the older one.

    The signals are columns, so that a change of policy is weighed against all pairs without searching again.
    """

    class State(models.TextChoices):
        """A projection of the live verdicts, the merges and the policy; nothing edits it directly."""

        CANDIDATE = "candidate", _("to be compared")
        UNFLAGGED = "unflagged", _("below the thresholds")
        REDUNDANT = "redundant", _("connected through other pairs")
        OPEN = "open", _("to be decided")
        DIFFERENT = "different", _("different")
        RELATED = "related", _("related")
        INTENTIONAL = "intentional", _("intentional copy")
        MERGED = "merged", _("merged")
        MOOT = "moot", _("moot")

    class Tier(models.IntegerChoices):
        """How sure the machine is. Higher is surer."""

        STORED = 0, _("stored only")
        WEAK = 1, _("weak")
        REVIEW = 2, _("likely")
        CERTAIN = 3, _("certain")
        IDENTICAL = 4, _("identical")

    class Trait(models.IntegerChoices):
        """What was done to a picture, as flags of one number: lists are filtered by it."""

        MIRRORED = 1, _("mirrored")
        ROTATED = 2, _("turned")
        CROPPED = 4, _("cropped")
        GREY = 8, _("made grey")
        CAPTIONED = 16, _("with lettering")
        FRAMED = 32, _("inside something larger")
        REWORDED = 64, _("with other words")
        LETTERED_ON_ONE = 128, _("with lettering on one of them only")
        INVERTED = 256, _("in inverted colours")

    left = models.ForeignKey("gallery.Image", on_delete=models.CASCADE, related_name="pairs_as_left")
    right = models.ForeignKey("gallery.Image", on_delete=models.CASCADE, related_name="pairs_as_right")
    state = models.CharField(max_length=12, choices=State, default=State.CANDIDATE)
    tier = models.PositiveSmallIntegerField(choices=Tier, default=Tier.STORED)
    score = models.FloatField(default=0.0, help_text="0 to 1, for ordering within and across tiers")

    same_bytes = models.BooleanField(default=False)
    same_pixels = models.BooleanField(default=False)
    similarity = models.FloatField(null=True, blank=True, help_text="best cosine of any two views, -1 to 1")
    model_key = models.CharField(max_length=40, blank=True)
    pdq_distance = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 to 256, best of 8 dihedral and of the negative's"
    )
    pdq_usable = models.BooleanField(default=False, help_text="both pictures have a PDQ quality of at least 50")
    document_like = models.BooleanField(default=False)
    one_thing = models.BooleanField(
        default=False, help_text="both show one large thing on their ground, not many small ones as a page does"
    )
    cells = models.PositiveIntegerField(null=True, blank=True, help_text="distinct inlier cells of the geometry")
    matches = models.PositiveIntegerField(null=True, blank=True, help_text="matched local features")
    ncc = models.FloatField(null=True, blank=True, help_text="median local correlation once aligned, -1 to 1")
    textured_share = models.FloatField(null=True, blank=True, help_text="textured cells that agree, 0 to 1")
    changed_share = models.FloatField(
        null=True, blank=True, help_text="of the area that both show, the share that differs, 0 to 1"
    )
    standing_out = models.FloatField(
        null=True,
        blank=True,
        help_text="similarity less what both have with unrelated pictures on average, -2 to 2",
    )
    evidence = models.JSONField(default=dict, blank=True, help_text="the geometry and the transformation found")
    traits = models.PositiveSmallIntegerField(
        default=0,
        help_text=(
            "of the evidence: 1 mirrored, 2 turned, 4 cropped, 8 grey, 16 lettering, 32 framed, 64 other words, "
            "128 lettering on one only, 256 inverted colours"
        ),
    )

    policy = models.ForeignKey("gallery.Policy", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey("gallery.Case", on_delete=models.SET_NULL, null=True, blank=True, related_name="pairs")
    verdict = models.ForeignKey(
        "gallery.Verdict", on_delete=models.PROTECT, null=True, blank=True, related_name="closed_pairs"
    )
    premise = models.ForeignKey(
        "gallery.Merge",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inferred_pairs",
        help_text="the merge through which the verdict reaches this pair, where it was inferred",
    )
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    compared_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="pair_left_is_older", condition=Q(left__lt=F("right"))),
            models.UniqueConstraint(name="pair_found_once", fields=["left", "right"]),
            models.CheckConstraint(
                name="pair_similarity_is_a_cosine",
                condition=Q(similarity__isnull=True) | Q(similarity__range=(-1.001, 1.001)),
            ),
        ]
        indexes = [
            models.Index(name="pair_queue", fields=["state", "-score", "id"]),
            models.Index(name="pair_by_case", fields=["case", "state"]),
            models.Index(name="pair_by_left", fields=["left", "state"]),
            models.Index(name="pair_by_right", fields=["right", "state"]),
        ]

    def __str__(self) -> str:
        return f"{self.left} – {self.right}"

    @property
    def is_inferred(self) -> bool:
        return self.premise_id is not None

    def rendition_key(self, name: str) -> str:
        """Where a picture of both goes. Deterministic: writing it again is the same write."""
        return f"renditions/pairs/{self.pk % 100:02d}/{self.pk}/{name}.webp"

    def touches(self, image_id: int) -> bool:
        return image_id in (self.left_id, self.right_id)

    def other(self, image_id: int) -> int:
        """The id of the image that is not ``image_id``."""
        return self.right_id if image_id == self.left_id else self.left_id
