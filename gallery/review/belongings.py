"""What belongs to images beside their own columns, and what the desk must know of them, in one query."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Model, QuerySet, Value

from gallery.detection.judged import Contents
from gallery.models import Favourite, Fingerprint, Image, Pair, SourceLink, StoredFile

Row = tuple[str, int, int, str]
"""The kind, the image, the id of what belongs to it, and its name."""

Part = Callable[[list[int]], Iterable["QuerySet[Model, Any]"]]

MOVED = ("tags", "albums", "contributors", "favourites", "source_links", "absorbed", "absorbed_owners")
"""What a merge moves or tells."""

ON_THE_DESK = (*MOVED, "bytes", "pixels", "questions", "near")

NEAR = 24
"""Sure pairs that lead out of a case and are looked at for what was decided about near copies."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """
    By kind and image: the ids of what belongs to it, with their names.

    ``tags``, ``albums``, ``contributors`` and ``favourites`` (who marked it), ``source_links``, and what was merged
    into it: ``absorbed`` by public id and ``absorbed_owners``. For the desk also the content that it came with, and of
    what was merged into it: ``bytes`` by sha256 and ``pixels`` by their hash, with the decoder's version as the id; the
    open pairs it is in, ``questions``; and ``near``, the images outside that are surely like it, by sha256.
    """

    found: Mapping[tuple[str, int], Mapping[int, str]]
    kinds: Collection[str] = MOVED

    @classmethod
    def of(cls, images: Iterable[Image | int], *, kinds: Collection[str] = MOVED) -> "Belongings":
        """Those of ``images``, which are at most as many as a case holds."""
        ids = [image if isinstance(image, int) else image.pk for image in images]
        found: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        for kind, image, key, name in _rows(ids, kinds):
            found[kind, image][key] = name
        return cls(found, kinds)

    def ids(self, kind: str, image: Image) -> set[int]:
        return set(self.found.get((kind, image.pk), ()))

    def named(self, kind: str, image: int) -> Mapping[int, str]:
        """Of one image by its id: id → name."""
        return self.found.get((kind, image), {})

    def names(self, kind: str, image: Image) -> list[str]:
        """In the alphabet's order."""
        return sorted(self.named(kind, image.pk).values())

    def names_of(self, kind: str, images: Sequence[Image]) -> dict[int, str]:
        """By id, of everything of that kind that belongs to one of ``images``."""
        return {key: name for image in images for key, name in self.named(kind, image.pk).items()}

    def count(self, kinds: Iterable[str], image: Image) -> int:
        return sum(len(self.named(kind, image.pk)) for kind in kinds)

    def contents(self, images: Sequence[Image]) -> Contents | None:
        """What verdicts go by, of ``images`` and of what was merged into them; None where it was not asked for."""
        if not {"absorbed", "bytes", "pixels"} <= set(self.kinds):
            return None
        families = {image.pk: [image.pk, *self.named("absorbed", image.pk)] for image in images}
        found = Contents(families)
        for member in found.members:
            for sha256 in self.named("bytes", member).values():
                found.by_bytes[sha256].add(member)
            for decoder, pixel_hash in self.named("pixels", member).items():
                found.by_pixels[pixel_hash, decoder].add(member)
        return found


def _rows(images: list[int], kinds: Collection[str]) -> Iterable[Row]:
    first, *others = [part for kind in kinds for part in PARTS[kind](images)]
    return first.union(*others, all=True)


def _part(kind: str, rows: QuerySet[Any, Any], *fields: str) -> "QuerySet[Model, Any]":
    """``rows`` in the one form that a union needs, without an order of their own."""
    return rows.order_by().values_list(Value(kind, output_field=CharField()), *fields)


def _through(kind: str, through: type[Model], key: str, name: str) -> Part:
    """Of a table that names images as ``image``."""
    return lambda images: [_part(kind, through._default_manager.filter(image__in=images), "image_id", key, name)]


def _absorbed(kind: str, key: str, name: str) -> Part:
    return lambda images: [_part(kind, Image.objects.filter(merged_into__in=images), "merged_into_id", key, name)]


def _bytes(images: list[int]) -> "Iterable[QuerySet[Model, Any]]":
    # Two parts: asked with "or", a database reads the whole table.
    for mine in ({"image__in": images}, {"image__merged_into__in": images}):
        yield _part("bytes", StoredFile.objects.filter(**mine), "image_id", "pk", "sha256")


def _pixels(images: list[int]) -> "Iterable[QuerySet[Model, Any]]":
    for mine in ({"file__image__in": images}, {"file__image__merged_into__in": images}):
        yield _part("pixels", Fingerprint.objects.filter(**mine), "file__image_id", "decoder_version", "pixel_hash")


def _questions(images: list[int]) -> "Iterable[QuerySet[Model, Any]]":
    waiting = Pair.objects.awaiting_review()
    for side in ("left", "right"):
        found = waiting.filter(**{f"{side}__in": images})
        yield _part("questions", found, f"{side}_id", "pk", "state")


def _near(images: list[int]) -> "Iterable[QuerySet[Model, Any]]":
    sure = Pair.objects.filter(tier__gte=Pair.Tier.CERTAIN).most_alike_first()
    for side, other in (("left", "right"), ("right", "left")):
        leading_out = sure.filter(**{f"{side}__in": images}).exclude(**{f"{other}__in": images})
        found = Pair.objects.filter(pk__in=leading_out.values("pk")[:NEAR])
        yield _part("near", found, f"{side}_id", f"{other}_id", f"{other}__files__sha256")


PARTS: dict[str, Part] = {
    "tags": _through("tags", Image.tags.through, "tag_id", "tag__name"),
    "albums": _through("albums", Image.albums.through, "album_id", "album__name"),
    "contributors": _through("contributors", Image.contributors.through, "user_id", "user__username"),
    "favourites": _through("favourites", Favourite, "user_id", "user__username"),
    "source_links": _through("source_links", SourceLink, "pk", "url"),
    "absorbed": _absorbed("absorbed", "pk", "public_id"),
    "absorbed_owners": _absorbed("absorbed_owners", "owner_id", "owner__username"),
    "bytes": _bytes,
    "pixels": _pixels,
    "questions": _questions,
    "near": _near,
}
