"""What differs between images beside their pixels: the table under the pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from gallery.models import Image, StoredFile
from gallery.review import words
from gallery.review.belongings import Belongings


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One row. ``values`` are in the order of the images; ``better`` is the place of the best, None where none is.

    ``differs`` says whether the row is worth a look.
    """

    label: str
    values: list[str]
    better: int | None
    differs: bool


def compare(images: Sequence[Image], belongings: Belongings | None = None) -> list[Fact]:
    """
    Every fact that at least one of ``images`` (with their files and owners) has, in reading order.

    Their ``belongings`` are looked up where they are not given.
    """
    have = belongings or Belongings.of(images)
    liked = {image.pk: have.count(["favourites"], image) for image in images}
    rows = [
        _ranked(_("Pixels"), images, _pixels, _size_in_words),
        _ranked(_("Quality"), images, _quality, _quality_in_words),
        _plain(_("Format"), images, lambda image: image.file.format.upper() if image.file else ""),
        _plain(_("File size"), images, lambda image: filesizeformat(image.file.bytes) if image.file else ""),
        _plain(_("File name"), images, lambda image: image.file.original_name if image.file else ""),
        _plain(_("Title"), images, lambda image: image.title),
        _plain(_("Caption"), images, lambda image: image.caption),
        _plain(_("Tags"), images, lambda image: ", ".join(have.names("tags", image))),
        _plain(_("Licence"), images, lambda image: image.licence),
        _plain(_("Visibility"), images, lambda image: str(image.get_visibility_display())),
        _ranked(_("First seen"), images, lambda image: -image.first_seen.timestamp(), _first_seen),
        _plain(_("Uploaded by"), images, lambda image: image.owner.get_username()),
        _ranked(_("Favourites"), images, lambda image: liked[image.pk], lambda image: str(liked[image.pk])),
        _plain(_("Legal hold"), images, lambda image: _("held") if image.held else ""),
    ]
    return [row for row in rows if any(value not in {"", "0"} for value in row.values)]


def _plain(label: str, images: Sequence[Image], value: Callable[[Image], str]) -> Fact:
    values = [value(image) for image in images]
    return Fact(label, values, None, len(set(values)) > 1)


def _ranked(
    label: str, images: Sequence[Image], rank: Callable[[Image], float | None], value: Callable[[Image], str]
) -> Fact:
    """The best is the one with the highest rank, if it is the only one and every image has one."""
    ranks = [rank(image) for image in images]
    known = [found for found in ranks if found is not None]
    best = max(known) if len(known) == len(ranks) else None
    alone = best is not None and ranks.count(best) == 1 and len(ranks) > 1
    values = [value(image) for image in images]
    return Fact(label, values, ranks.index(best) if alone else None, len(set(values)) > 1)


def _file(image: Image, read: Callable[[StoredFile], Any]) -> Any:
    return read(image.file) if image.file else None


def _pixels(image: Image) -> float | None:
    found: int | None = _file(image, lambda file: file.pixels)
    return found


def _size_in_words(image: Image) -> str:
    return str(_file(image, lambda file: f"{file.width} × {file.height}") or "")


def _quality(image: Image) -> float | None:
    found: int | None = _file(image, lambda file: file.quality)
    return found


def _quality_in_words(image: Image) -> str:
    quality = _quality(image)
    return _("JPEG %(n)s of 100") % {"n": quality} if quality else ""


def _first_seen(image: Image) -> str:
    return formats.date_format(timezone.localtime(image.first_seen), words.MOMENT)
