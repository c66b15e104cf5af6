"""What belongs to images beside their own columns, for a whole case in one query."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Model, QuerySet, Value

from gallery.models import Favourite, Image, SourceLink

Row = tuple[str, int, int, str]
"""The kind, the image, the id of what belongs to it, and its name."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """
    By kind and image: the ids of what belongs to it, with their names.

    ``tags``, ``albums``, ``contributors`` and ``favourites`` (who marked it), ``source_links``, and what was merged
    into it: ``absorbed`` by public id and ``absorbed_owners``.
    """

    found: Mapping[tuple[str, int], Mapping[int, str]]

    @classmethod
    def of(cls, images: Iterable[Image | int]) -> "Belongings":
        """Those of ``images``, which are at most as many as a case holds."""
        ids = [image if isinstance(image, int) else image.pk for image in images]
        found: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        for kind, image, key, name in _rows(ids):
            found[kind, image][key] = name
        return cls(found)

    def ids(self, kind: str, image: Image) -> set[int]:
        return set(self.found.get((kind, image.pk), ()))

    def names(self, kind: str, image: Image) -> list[str]:
        """In the alphabet's order."""
        return sorted(self.found.get((kind, image.pk), {}).values())

    def names_of(self, kind: str, images: Sequence[Image]) -> dict[int, str]:
        """By id, of everything of that kind that belongs to one of ``images``."""
        return {key: name for image in images for key, name in self.found.get((kind, image.pk), {}).items()}

    def count(self, kinds: Iterable[str], image: Image) -> int:
        return sum(len(self.found.get((kind, image.pk), ())) for kind in kinds)


def _rows(images: list[int]) -> Iterable[Row]:
    absorbed = Image.objects.filter(merged_into__in=images)
    parts = [
        _part("tags", Image.tags.through.objects.filter(image__in=images), "image_id", "tag_id", "tag__name"),
        _part("albums", Image.albums.through.objects.filter(image__in=images), "image_id", "album_id", "album__name"),
        _part(
            "contributors",
            Image.contributors.through.objects.filter(image__in=images),
            "image_id",
            "user_id",
            "user__username",
        ),
        _part("favourites", Favourite.objects.filter(image__in=images), "image_id", "user_id", "user__username"),
        _part("source_links", SourceLink.objects.filter(image__in=images), "image_id", "pk", "url"),
        _part("absorbed", absorbed, "merged_into_id", "pk", "public_id"),
        _part("absorbed_owners", absorbed, "merged_into_id", "owner_id", "owner__username"),
    ]
    return parts[0].union(*parts[1:], all=True)


def _part(kind: str, rows: QuerySet[Any, Any], *fields: str) -> "QuerySet[Model, Any]":
    """``rows`` in the one form that a union needs, without an order of their own."""
    return rows.order_by().values_list(Value(kind, output_field=CharField()), *fields)
