"""
Which image to keep, and why: a score whose every part can be said in words.

Bytes are not quality: a file may be large because it was saved again badly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from django.utils.translation import gettext as _

from gallery.detection.groups import split
from gallery.models import Image, Pair, Policy
from gallery.review.belongings import Belongings
from gallery.verification.evidence import Evidence, Part

FORMATS = {"PNG": 1.0, "TIFF": 1.0, "WEBP": 0.8, "AVIF": 0.8, "HEIF": 0.8, "JPEG": 0.7, "BMP": 0.6, "GIF": 0.2}
"""What a format can hold, 0 to 1: lossless and deep is more than lossy, a palette is least."""

LOSSLESS = {"PNG", "TIFF", "BMP"}

PART_SHARE = 0.97
"""The other shows less than this share of a picture: then it is a part of it, not the same framing."""

MARGIN = 0.02
"""Differences of a score below this are no reason."""

REFERENCES = ("favourites", "albums", "source_links", "absorbed")
"""What refers to an image."""

Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """
    The image to keep. ``reasons`` say in words why it is better than the next best, weightiest first.

    ``scores`` are the totals by image id, 0 to 1; ``parts`` what they are made of.
    """

    image: Image
    reasons: list[str]
    scores: dict[int, float]
    parts: dict[int, Scores]

    def best_first(self, images: Iterable[Image]) -> list[Image]:
        """``images`` in the order in which they would be kept."""
        return sorted(images, key=lambda image: (-self.scores[image.pk], image.pk))


def suggest(
    images: Sequence[Image], pairs: Iterable[Pair], policy: Policy, belongings: Belongings | None = None
) -> Suggestion:
    """
    The best keeper of ``images`` (one or more, with their files and owners), going by the weights of ``policy``.

    ``belongings`` of the images are looked up where they are not given.
    In the reasons the images are called A, B, C … in the order given.
    """
    found = list(pairs)
    flaws, alike = _flaws(found), _same_pixels(images, found)
    belongings = belongings or Belongings.of(images)
    counts = {image.pk: belongings.count(REFERENCES, image) for image in images}
    parts = {image.pk: _parts(image, images, alike[image.pk], flaws.get(image.pk, {}), counts) for image in images}
    weights: Mapping[str, float] = policy.keeper_weights
    whole = sum(weights.values()) or 1.0
    scores = {
        pk: sum(weights.get(name, 0.0) * value for name, value in each.items()) / whole for pk, each in parts.items()
    }
    ranked = sorted(images, key=lambda image: (-scores[image.pk], image.pk))
    reasons = _reasons(images, ranked, parts, weights, flaws) if len(ranked) > 1 else []
    return Suggestion(ranked[0], reasons, scores, parts)


def letters(images: Sequence[Image]) -> dict[int, str]:
    """What the desk calls each image: A to Z, then A2 and so on."""
    return {
        image.pk: ascii_uppercase[place % 26] + (str(place // 26 + 1) if place >= 26 else "")
        for place, image in enumerate(images)
    }


def verified_against(keeper: int, pairs: Iterable[Pair]) -> set[int]:
    """Of all ``pairs`` of some images, those compared with the keeper itself and found to be likely copies of it."""
    apart = {Pair.State.DIFFERENT, Pair.State.RELATED, Pair.State.INTENTIONAL}
    return {
        pair.other(keeper)
        for pair in pairs
        if keeper in (pair.left_id, pair.right_id)
        and pair.tier >= Pair.Tier.REVIEW
        and pair.compared_at is not None
        and pair.state not in apart
    }


def _flaws(pairs: Iterable[Pair]) -> dict[int, dict[str, int]]:
    """What the geometry says against an image: flaw → the other image, beside which it shows."""
    flaws: dict[int, dict[str, int]] = {}
    for pair in pairs:
        if not pair.evidence:
            continue
        shown = Evidence.from_dict(pair.evidence).transformation
        for mine, theirs, image, other in (
            (shown.first, shown.second, pair.left_id, pair.right_id),
            (shown.second, shown.first, pair.right_id, pair.left_id),
        ):
            for flaw in _flaws_of(mine, theirs):
                flaws.setdefault(image, {}).setdefault(flaw, other)
    return flaws


def _flaws_of(mine: Part, theirs: Part) -> list[str]:
    found = []
    if theirs.surroundings == "scene" and theirs.share < PART_SHARE and mine.share > theirs.share:
        found.append("part")
    if mine.surroundings in {"plain", "other"} and theirs.surroundings not in {"plain", "other"}:
        found.append("framed")
    if mine.lettered and not theirs.lettered:
        found.append("lettered")
    if mine.grey and not theirs.grey:
        found.append("grey")
    return found


def _same_pixels(images: Sequence[Image], pairs: Iterable[Pair]) -> dict[int, list[Image]]:
    """For each image, those that show the very same pixels, itself among them."""
    identical = [pair for pair in pairs if pair.tier == Pair.Tier.IDENTICAL]
    groups = [group.images for group in split(identical, cap=len(images))]
    homes = {pk: group for group in groups for pk in group}
    return {image.pk: [other for other in images if other.pk in homes.get(image.pk, {image.pk})] for image in images}


def _parts(
    image: Image,
    images: Sequence[Image],
    alike: Sequence[Image],
    flaws: Mapping[str, int],
    counts: Mapping[int, int],
) -> Scores:
    """Each reason's score, 0 to 1. Those that are ``alike`` lost the same, whatever they were saved as."""
    most_pixels = max(_pixels(other) for other in images) or 1
    most_counts = max(counts.values(), default=0) or 1
    joined = min(other.owner.date_joined for other in images)
    seen = min(other.first_seen for other in images)
    return {
        "pixels": _pixels(image) / most_pixels,
        "whole": max(0.0, 1.0 - 0.5 * len(flaws)),
        "compression": max(compression(other) for other in alike),
        "format": max(_room(other) for other in alike),
        "metadata": _described(image),
        "references": counts.get(image.pk, 0) / most_counts,
        # Being first counts, and as much among thirty as among two. Who came twelfth is no better than who came last.
        "age": 1.0 if image.first_seen == seen else 0.5,
        "owner": 1.0 if image.owner.date_joined == joined else 0.5,
    }


def _pixels(image: Image) -> int:
    return image.file.pixels if image.file else 0


def compression(image: Image) -> float:
    """How little was lost when it was saved, 0 to 1: lossless is 1, else the quality that its tables tell."""
    if image.file is None:
        return 0.0
    if image.file.format.upper() in LOSSLESS:
        return 1.0
    return (image.file.quality or 75) / 100


def _room(image: Image) -> float:
    return FORMATS.get(image.file.format.upper(), 0.5) if image.file else 0.0


def _described(image: Image) -> float:
    texts = [image.title, image.caption, image.alt_text, image.licence]
    return sum(bool(text.strip()) for text in texts) / len(texts)


def _reasons(
    images: Sequence[Image],
    ranked: Sequence[Image],
    parts: Mapping[int, Scores],
    weights: Mapping[str, float],
    flaws: Mapping[int, Mapping[str, int]],
) -> list[str]:
    best, second = ranked[0], ranked[1]
    gains = {name: weights.get(name, 0.0) * (value - parts[second.pk][name]) for name, value in parts[best.pk].items()}
    named = letters(images)
    reasons: list[str] = []
    for name in sorted(gains, key=lambda reason: -gains[reason]):
        if gains[name] > MARGIN:
            reasons += _in_words(name, best, second, named[second.pk], flaws.get(second.pk, {}))
    return reasons


def _in_words(name: str, best: Image, second: Image, other: str, flaws: Mapping[str, int]) -> list[str]:
    if name == "whole":
        sentences = {
            "part": _("the whole picture, %(other)s is a part of it"),
            "framed": _("the picture itself, %(other)s shows it inside something larger"),
            "lettered": _("without the lettering on %(other)s"),
            "grey": _("in colour, %(other)s is grey"),
        }
        return [sentences[flaw] % {"other": other} for flaw in flaws]
    values: dict[str, Any] = {"times": f"{_pixels(best) / max(1, _pixels(second)):.1f}", "other": other}
    sentences = {
        "pixels": _("%(times)s × the pixels of %(other)s"),
        "compression": _("less compression than %(other)s"),
        "format": _("a format that keeps more than that of %(other)s"),
        "metadata": _("better described than %(other)s"),
        "references": _("more in use than %(other)s"),
        "age": _("first seen"),
        "owner": _("its owner has been here longer"),
    }
    return [sentences[name] % values]
