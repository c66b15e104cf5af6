"""
What an owner says of an image: its words, tags, albums, sources and who may see it; and who marked it as a favourite.

Pages and programs save through :func:`edit`. It compares and sets the image's version, so that of two tabs that save at
once one wins and one is told.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import F
from django.utils.translation import gettext as _

from gallery.errors import DetailsError, ImageChanged, NotAllowed, RuleBroken
from gallery.models import Album, Favourite, Image, SourceLink, Tag, User
from gallery.review.merge_fields import LABELS
from gallery.review.transactions import in_one_transaction, locked

COLUMNS = ("title", "caption", "alt_text", "licence", "visibility", "sensitive")

MOST_TAGS = 30
MOST_SOURCES = 20
MOST_ALBUMS = 100
"""Of one person."""

_is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """
    What an edit sets. ``columns`` hold values for some of :data:`COLUMNS`; a list that is None stays as it is.

    ``albums`` are names of own albums, of which those that are new are made; albums of other people stay untouched.
    ``sources`` are web addresses.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] | None = None
    albums: Sequence[str] | None = None
    sources: Sequence[str] | None = None


@in_one_transaction
def edit(image: Image, by: User, changes: Changes, *, seen_version: int) -> None:
    """
    Save what its owner changed, all of it or nothing.

    :raises NotAllowed: if it is not this person's image.
    :raises ImageChanged: if it is not at ``seen_version`` any more, was merged or removed.
    :raises DetailsError: if something does not fit.
    """
    if image.owner_id != by.pk:
        raise NotAllowed(_("Only its owner changes what is said of an image. Ask them to."))
    columns = {name: _fitting(name, value) for name, value in changes.columns.items()}
    unchanged = Image.objects.live().filter(pk=image.pk, version=seen_version)
    if unchanged.update(**columns, version=F("version") + 1) != 1:
        raise ImageChanged(_("This image was changed meanwhile, so nothing was saved. Look at it as it is now."))
    if changes.tags is not None:
        _set_tags(image, tags_of(changes.tags, had=image.tags.count()))
    if changes.sources is not None:
        _set_sources(image, sources_of(changes.sources, had=image.source_links.count()))
    if changes.albums is not None:
        _set_albums(image, by, [album_name(name) for name in changes.albums])


def _fitting(name: str, value: Any) -> Any:
    """:raises DetailsError: if a value is longer than its column, or none of its choices."""
    if name == "sensitive":
        return bool(value)
    if name == "visibility" and value not in Image.Visibility.values:
        raise DetailsError(_("Choose who may see it: everybody, whoever has its address, or nobody else."))
    most = Image._meta.get_field(name).max_length  # type: ignore[union-attr]  # these are columns of text
    return _text(value, str(LABELS[name]), most=most or 0)


def _text(value: str, label: str, *, most: int) -> str:
    text = value.strip()
    if len(text) > most:
        raise DetailsError(
            _("%(field)s: up to %(most)s characters are kept. Shorten it.") % {"field": label, "most": most}
        )
    if "\0" in text:
        raise DetailsError(_("%(field)s holds a character that can't be kept. Type it anew.") % {"field": label})
    return text


def tags_of(words: Iterable[str], *, had: int = 0) -> list[str]:
    """
    Tags as they are kept: each once, in lower case, with single spaces, in the order given.

    ``had`` is how many the image has: a merge may have given it more than one may add.

    :raises DetailsError: if there are too many, or one is too long.
    """
    label, most = str(LABELS["tags"]), Tag._meta.get_field("name").max_length
    found = _each_once(_text(_single_spaced(word).lower(), label, most=most or 0) for word in words)
    if len(found) > max(MOST_TAGS, had):
        raise DetailsError(_("An image has up to %(most)s tags. Take some away.") % {"most": MOST_TAGS})
    return found


def sources_of(lines: Iterable[str], *, had: int = 0) -> list[str]:
    """
    Web addresses, each once, in the order given. ``had`` is how many the image has.

    :raises DetailsError: if one is none, or if there are too many.
    """
    found = _each_once(line.strip() for line in lines)
    most = SourceLink._meta.get_field("url").max_length or 0
    for address in found:
        _text(address, str(LABELS["source_links"]), most=most)
        try:
            _is_web_address(address)
        except ValidationError as error:
            raise DetailsError(
                _("“%(line)s” is no web address. Begin it with https:// or http://.") % {"line": address[:60]}
            ) from error
    if len(found) > max(MOST_SOURCES, had):
        raise DetailsError(_("An image has up to %(most)s sources. Take some away.") % {"most": MOST_SOURCES})
    return found


def album_name(name: str) -> str:
    """
    The name of an album as it is kept.

    :raises DetailsError: if there is none, or it is too long.
    """
    text = _text(_single_spaced(name), _("Album"), most=Album._meta.get_field("name").max_length or 0)
    if not text:
        raise DetailsError(_("Give the album a name."))
    return text


def _single_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _each_once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _set_tags(image: Image, names: Sequence[str]) -> None:
    # In one order for everybody: two who add the same new tags at once wait for each other at most once.
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(names)], ignore_conflicts=True)
    image.tags.set(Tag.objects.filter(name__in=names))


def _set_sources(image: Image, addresses: Sequence[str]) -> None:
    image.source_links.exclude(url__in=addresses).delete()
    links = [SourceLink(image=image, url=address) for address in addresses]
    SourceLink.objects.bulk_create(links, ignore_conflicts=True)


def _set_albums(image: Image, by: User, names: Sequence[str]) -> None:
    kept = set(by.albums.values_list("name", flat=True))
    fresh = sorted(set(names) - kept)
    if fresh and len(kept) + len(fresh) > MOST_ALBUMS:
        raise DetailsError(_("One keeps up to %(most)s albums. Delete one first.") % {"most": MOST_ALBUMS})
    Album.objects.bulk_create([Album(owner=by, name=name) for name in fresh], ignore_conflicts=True)
    image.albums.remove(*image.albums.filter(owner=by).exclude(name__in=names))
    image.albums.add(*by.albums.filter(name__in=names))


@in_one_transaction
def mark(image: Image, by: User, *, favourite: bool) -> Image:
    """
    Mark an image as a favourite of this person's, or take the mark away. Returns the image that has it now.

    One that was merged meanwhile stands for its keeper. The row is locked: a merge at the same moment moves the mark.

    :raises RuleBroken: if it is not on the site any more.
    :raises NotAllowed: if it is not shown to this person.
    """
    (found,) = locked([image.pk])
    if found.merged_into is not None:
        return mark(found.merged_into, by, favourite=favourite)
    if not Image.objects.live().filter(pk=found.pk).exists():
        raise RuleBroken(_("This image is not on the site any more, so it can't be marked."))
    if not Image.objects.shown_to(by).filter(pk=found.pk).exists():
        raise NotAllowed(_("This image is not shown to you. Ask its owner."))
    if favourite:
        Favourite.objects.get_or_create(user=by, image=found)
    else:
        Favourite.objects.filter(user=by, image=found).delete()
    return found
