"""
What a merge does with each field: the table of docs/moderation.md, with the rules that the policy in force chose.

Nothing is written here: the preview and the merge show and do the same :class:`Planned` changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery.models import Image, Policy, SourceLink
from gallery.review import words
from gallery.review.belongings import Belongings

LICENCE = "licence"
"""The field that is never merged by itself: different values wait for a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """
    What one field of the keeper becomes.

    ``shown`` are the values of the images in order, keeper first, and ``result`` what it will be, in words. A scalar is
    set to ``value``; to a relation the ids ``added`` are added.
    """

    field: str
    label: str
    shown: list[str]
    result: str
    value: Any = None
    added: tuple[Any, ...] = ()
    changes: bool = False


def _pks(name: str) -> Callable[[Image], set[Any]]:
    return lambda image: set(getattr(image, name).values_list("pk", flat=True))


RELATIONS: dict[str, Callable[[Image], set[Any]]] = {
    "tags": _pks("tags"),
    "albums": _pks("albums"),
    "contributors": _pks("contributors"),
    "favourites": lambda image: set(image.favourites.values_list("user", flat=True)),
    "source_links": lambda image: set(SourceLink.objects.filter(image=image).values_list("url", flat=True)),
}
"""The lists that an image has, each as its ids."""

LABELS: dict[str, str | Promise] = {
    "title": gettext_lazy("Title"),
    "caption": gettext_lazy("Caption"),
    "alt_text": gettext_lazy("Description"),
    "licence": gettext_lazy("Licence"),
    "visibility": gettext_lazy("Visibility"),
    "sensitive": gettext_lazy("Sensitive"),
    "first_seen": gettext_lazy("First seen"),
    "owner": gettext_lazy("Owner"),
    "tags": gettext_lazy("Tags"),
    "albums": gettext_lazy("Albums"),
    "source_links": gettext_lazy("Sources"),
    "favourites": gettext_lazy("Favourites"),
    "contributors": gettext_lazy("Contributors"),
    "file": gettext_lazy("File"),
}

STRICTNESS = [str(value) for value in Image.Visibility.values]
"""Visibilities from the widest to the strictest."""


def plan(
    keeper: Image,
    others: Sequence[Image],
    policy: Policy,
    choices: Mapping[str, str],
    belongings: Belongings | None = None,
) -> list[Planned]:
    """
    What merging ``others``, best first, into ``keeper`` makes of the keeper's fields.

    ``belongings`` of the images are looked up where they are not given.
    """
    images = [keeper, *others]
    have = belongings or Belongings.of(images)
    rules = policy.merge_rules
    scalars = {
        "title": filled(images, "title") if rules["title"] == "fill" else keeper.title,
        "caption": _text(images, "caption", rules["caption"]),
        "alt_text": _text(images, "alt_text", rules["alt_text"]),
        "licence": keeper.licence if (chosen := chosen_licence(images, choices)) is None else chosen,
        "visibility": strictest(images) if rules["visibility"] == "strictest" else keeper.visibility,
        "sensitive": any(image.sensitive for image in images)
        if rules["sensitive"] == "strictest"
        else keeper.sensitive,
        "first_seen": min(image.first_seen for image in images),
    }
    planned = [_scalar(images, field, value) for field, value in scalars.items()]
    planned += [
        _union(images, field, have)
        for field in ("tags", "albums", "source_links", "favourites")
        if rules[field] == "union"
    ]
    planned.append(_contributors(images, have))
    return planned


def licences(images: Sequence[Image]) -> list[str]:
    """The different licences among ``images``; none at all is one too."""
    return sorted({image.licence for image in images})


def chosen_licence(images: Sequence[Image], choices: Mapping[str, str]) -> str | None:
    """The licence after the merge; None if they differ and nobody chose one of them."""
    found = licences(images)
    if len(found) == 1:
        return found[0]
    chosen = choices.get(LICENCE)
    return chosen if chosen in found else None


def filled(images: Sequence[Image], field: str) -> str:
    """The keeper's text; if it is empty that of the best other that has one."""
    return next((text for image in images if (text := getattr(image, field).strip())), "")


def appended(images: Sequence[Image], field: str) -> str:
    """
    The keeper's text, then the different ones of the others, each with whose it is.

    What does not fit the field any more stays with the image it came from, where a merge leaves it untouched.
    """
    keeper, *others = images
    limit = Image._meta.get_field(field).max_length or 0  # type: ignore[union-attr]  # these are text fields
    text: str = getattr(keeper, field).strip()
    for other in others:
        theirs: str = getattr(other, field).strip()
        if not theirs or theirs.casefold() in text.casefold():
            continue
        addition = _("%(text)s (%(owner)s)") % {"text": theirs, "owner": other.owner.get_username()}
        longer = f"{text}\n\n{addition}" if text else theirs
        text = longer if len(longer) <= limit else text
    return text


def strictest(images: Sequence[Image]) -> str:
    return max((image.visibility for image in images), key=STRICTNESS.index)


def _text(images: Sequence[Image], field: str, rule: str) -> str:
    if rule == "append":
        return appended(images, field)
    text: str = filled(images, field) if rule == "fill" else getattr(images[0], field)
    return text


def _scalar(images: Sequence[Image], field: str, value: Any) -> Planned:
    return Planned(
        field=field,
        label=str(LABELS[field]),
        shown=[in_words(field, getattr(image, field)) for image in images],
        result=in_words(field, value),
        value=value,
        changes=value != getattr(images[0], field),
    )


def _union(images: Sequence[Image], field: str, have: Belongings) -> Planned:
    names: dict[Any, str] = {name: name for image in images for name in have.names(field, image)}
    ids = [set[Any](have.names(field, image)) for image in images]
    if field != "source_links":  # these are called by their address
        names, ids = {**have.names_of(field, images)}, [set[Any](have.ids(field, image)) for image in images]
    return _related(field, ids, set[Any]().union(*ids), names)


def _contributors(images: Sequence[Image], have: Belongings) -> Planned:
    """Absorbed owners keep the right to view, and to ask for an un-merge."""
    ids = [set[Any](have.ids("contributors", image)) for image in images]
    owners = {image.owner_id: image.owner.get_username() for image in images}
    names = {**owners, **have.names_of("contributors", images)}
    return _related("contributors", ids, set[Any]().union(owners, *ids) - {images[0].owner_id}, names)


def _related(field: str, have: list[set[Any]], result: set[Any], names: Mapping[Any, str]) -> Planned:
    """``names`` of all ids that occur."""

    def listed(ids: set[Any]) -> str:
        return ", ".join(sorted(names[key] for key in ids))

    added = tuple(sorted(result - have[0]))
    return Planned(
        field=field,
        label=str(LABELS[field]),
        shown=[listed(ids) for ids in have],
        result=listed(have[0] | result),
        added=added,
        changes=bool(added),
    )


def in_words(field: str, value: Any) -> str:
    """A value as people read it; empty where there is none."""
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), words.MOMENT)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field == "visibility":
        return str(Image.Visibility(value).label)
    return str(value)
