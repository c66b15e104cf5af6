"""The published set of thresholds and rules."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEEPER_WEIGHTS: dict[str, float] = {
    "pixels": 3.0,
    "whole": 2.5,
    "compression": 1.5,
    "format": 0.5,
    "metadata": 1.0,
    "references": 1.5,
    "age": 1.0,
    "owner": 0.5,
}
"""How much each reason counts when a keeper is suggested."""


MERGE_RULES: dict[str, tuple[str, ...]] = {
    "title": ("fill", "keep"),
    "caption": ("append", "fill", "keep"),
    "alt_text": ("append", "fill", "keep"),
    "tags": ("union", "keep"),
    "albums": ("union", "keep"),
    "source_links": ("union", "keep"),
    "favourites": ("union", "keep"),
    "visibility": ("strictest", "keep"),
    "sensitive": ("strictest", "keep"),
}
"""
What a merge may do with each field, the default first: keep the keeper's; fill it from the best other if it is empty;
append the others' different texts; take the union of all; take the strictest.
"""


def default_merge_rules() -> dict[str, str]:
    return {field: rules[0] for field, rules in MERGE_RULES.items()}


def default_keeper_weights() -> dict[str, float]:
    return dict(KEEPER_WEIGHTS)


def share(label: Any, default: float, help_text: Any) -> "models.FloatField[Any, Any]":
    """A threshold between 0 and 1."""
    return models.FloatField(
        label, default=default, help_text=help_text, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self) -> "Policy":
        """The version that detection and review go by. There always is one: a migration publishes the first."""
        return self.get(state=Policy.State.IN_FORCE)

    def published(self) -> Self:
        return self.exclude(state=Policy.State.DRAFT)


class Policy(models.Model):
    """
    A version of the thresholds. Published versions never change; to change one, publish another.

    The defaults were fitted to one half of a labelled set; docs/evaluation.md tells what they do on the other.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        RETIRED = "retired", _("retired")

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    note = models.CharField(_("why"), max_length=400, blank=True, help_text=_("What this version is for."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey("gallery.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    embedder = models.CharField(
        max_length=20,
        default="sscd",
        help_text=_("The network whose vectors are compared. Changing it needs a re-index: see docs/operations.md."),
    )
    pdq_certain = models.PositiveSmallIntegerField(
        _("PDQ: certain up to"),
        default=31,
        validators=[MaxValueValidator(256)],
        help_text=_(
            "Bits of 256 in which the perceptual hashes may differ and the pair is still certain. 31 is Meta's."
        ),
    )
    pdq_review = models.PositiveSmallIntegerField(
        _("PDQ: review up to"),
        default=44,
        validators=[MaxValueValidator(256)],
        help_text=_(
            "Up to this distance a pair goes to review. Beyond 44 pictures of one kind begin to meet by chance."
        ),
    )
    pdq_min_quality = models.PositiveSmallIntegerField(
        _("PDQ: least quality"),
        default=50,
        validators=[MaxValueValidator(100)],
        help_text=_("Blank pictures and gradients are below 50; their hashes say nothing and are not compared."),
    )
    similarity_review = share(
        _("Similarity: review from"),
        0.95,
        _(
            "Pairs this similar go to review even where no common geometry is found, and documents only then if it is "
            "found. Lower finds few copies more and many look-alikes: two things on one conveyor belt are 0.8 alike."
        ),
    )
    similarity_weak = share(
        _("Similarity: weak from"),
        0.50,
        _(
            "From here up to the review threshold a pair without geometry counts as weak. One thing on a plain ground "
            "is flagged by loose geometry only from here on."
        ),
    )
    similarity_floor = share(
        _("Similarity: keep from"),
        0.30,
        _("Pairs below are not stored at all. Everything above can be flagged later without a new search."),
    )
    show_weak = models.BooleanField(
        _("flag weak pairs"), default=False, help_text=_("Send weak pairs to review too. Most of them are not copies.")
    )
    strict_cells = models.PositiveSmallIntegerField(
        _("Geometry: certain from cells"),
        default=12,
        validators=[MinValueValidator(4)],
        help_text=_("Places of the picture, 16 pixels wide, that must agree on one transformation."),
    )
    strict_ncc = share(
        _("Geometry: certain from correlation"),
        0.90,
        _("Median correlation of the aligned pictures, place by place, for a pair to be certain."),
    )
    strict_textured = share(
        _("Geometry: certain from agreeing share"),
        0.90,
        _("Share of textured places that must agree for a pair to be certain. A new caption lowers it."),
    )
    certain_changed_share = share(
        _("Geometry: certain up to changed lettering"),
        0.001,
        _(
            "Of the area that both pictures show. If more of it differs and what differs looks like lettering, as with "
            "two captions on one picture, the pair is never certain."
        ),
    )
    certain_lettered_share = share(
        _("Geometry: certain up to lettering on one"),
        0.15,
        _(
            "Of the area that both pictures show. A caption, a sticker or a watermark on one of them only may cover so "
            "much of it, and the pair is still certain if all the rest agrees. 0 leaves every such pair to people."
        ),
    )
    flag_reworded = models.BooleanField(
        _("flag pictures with other words"),
        default=False,
        help_text=_(
            "Send pairs to review whose pictures agree but bear different words in one place, as memes of one template "
            "do. Otherwise they count as weak, unless hardly anything differs."
        ),
    )
    reworded_share = share(
        _("Geometry: review up to other words"),
        0.005,
        _(
            "Of the area that both pictures show. Pictures that agree, also in their hashes as two copies of a page "
            "do, and bear different words in one place go to review up to this share: a date or a number takes so "
            "much, a caption more."
        ),
    )
    loose_cells = models.PositiveSmallIntegerField(
        _("Geometry: review from cells"),
        default=12,
        validators=[MinValueValidator(4)],
        help_text=_("Agreeing places for a pair to go to review."),
    )
    loose_ncc = share(
        _("Geometry: review from correlation"),
        0.70,
        _("Median correlation for a pair to go to review."),
    )
    document_share = share(
        _("Document from colour share"),
        0.40,
        _(
            "If one colour covers more than this share of both pictures they are documents, charts or screens: never "
            "certain by similarity or loose geometry, because different pages look alike."
        ),
    )
    document_pdq = models.PositiveSmallIntegerField(
        _("Documents: review up to"),
        default=14,
        validators=[MaxValueValidator(256)],
        help_text=_(
            "Bits of 256 in which the perceptual hashes of two documents may differ for the pair to go to review. Of "
            "two receipts of one shop 18 and more do. The same holds for pictures that bear different words in one "
            "place."
        ),
    )
    use_background = models.BooleanField(
        _("rank by what stands out"),
        default=False,
        help_text=_(
            "Compare first those candidates whose similarity stands out from what both pictures have with unrelated "
            "ones. Takes effect from 1,000 images on; it hides nothing."
        ),
    )
    deep_search = models.BooleanField(
        _("deep search"),
        default=False,
        help_text=_(
            "Also look at the quarters of every new picture: finds pictures in collages. Takes five times as much work "
            "of the network and room in the index."
        ),
    )
    neighbours = models.PositiveSmallIntegerField(
        _("neighbours compared"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text=_("How many of the most similar images each new image is compared with."),
    )
    case_cap = models.PositiveSmallIntegerField(
        _("largest case"),
        default=30,
        validators=[MinValueValidator(2), MaxValueValidator(200)],
        help_text=_("Larger groups arrive split at their weakest bridge."),
    )
    seconds_per_case = models.PositiveSmallIntegerField(
        _("seconds per case"),
        default=15,
        validators=[MinValueValidator(1)],
        help_text=_("Used to estimate the hours of work that a change brings, until there are decisions to measure."),
    )
    keeper_weights = models.JSONField(
        _("keeper weights"),
        default=default_keeper_weights,
        help_text=_("How much each reason counts when a keeper is suggested."),
    )
    merge_rules = models.JSONField(
        _("merge rules"),
        default=default_merge_rules,
        help_text=_("What a merge does with each field of the images."),
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(name="policy_one_in_force", fields=["state"], condition=Q(state="in_force")),
            models.CheckConstraint(
                name="policy_similarities_in_order",
                condition=Q(similarity_floor__gte=0.05)
                & Q(similarity_floor__lte=F("similarity_weak"))
                & Q(similarity_weak__lte=F("similarity_review"))
                & Q(similarity_review__lte=1),
            ),
            models.CheckConstraint(name="policy_pdq_in_order", condition=Q(pdq_certain__lte=F("pdq_review"))),
            models.CheckConstraint(
                name="policy_geometry_in_order",
                condition=Q(loose_ncc__lte=F("strict_ncc")) & Q(loose_cells__lte=F("strict_cells")),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def is_in_force(self) -> bool:
        return self.state == self.State.IN_FORCE

    def clean(self) -> None:
        """The constraints again, in words and beside their fields."""
        problems: dict[str, Any] = {}
        if self.similarity_floor < 0.05:
            problems["similarity_floor"] = _(
                "Below 0.05 nearly every pair of pictures would be stored. Use 0.05 or more."
            )
        if self.similarity_floor > self.similarity_weak:
            problems["similarity_floor"] = _("Keep this at or below “weak from”.")
        if self.similarity_weak > self.similarity_review:
            problems["similarity_weak"] = _("Keep this at or below “review from”.")
        if self.pdq_certain > self.pdq_review:
            problems["pdq_certain"] = _("Keep this at or below “review up to”.")
        if self.loose_ncc > self.strict_ncc:
            problems["loose_ncc"] = _("Keep this at or below the correlation for certain.")
        if self.loose_cells > self.strict_cells:
            problems["loose_cells"] = _("Keep this at or below the cells for certain.")
        if set(self.keeper_weights) != set(KEEPER_WEIGHTS):
            problems["keeper_weights"] = _("Give a number for each of: %(names)s.") % {
                "names": ", ".join(KEEPER_WEIGHTS)
            }
        if set(self.merge_rules) != set(MERGE_RULES):
            problems["merge_rules"] = _("Give a rule for each of: %(names)s.") % {"names": ", ".join(MERGE_RULES)}
        for field, rule in self.merge_rules.items():
            if field in MERGE_RULES and rule not in MERGE_RULES[field]:
                problems["merge_rules"] = _("For %(field)s choose one of: %(rules)s.") % {
                    "field": field,
                    "rules": ", ".join(MERGE_RULES[field]),
                }
        if problems:
            raise ValidationError(problems)
