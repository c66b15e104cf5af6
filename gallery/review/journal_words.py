"""Journal entries as people read them: on the page of a merge, and before it is undone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Model, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import Album, Image, JournalEntry, StoredFile, Tag, User
from gallery.review import merge_fields, words
from gallery.review.journal import CREATED, ROWS, read_back
from gallery.review.merge_fields import LABELS, RELATIONS


@dataclass(frozen=True, slots=True)
class Names:
    """What the rows are called that some entries are about: read at once, however many entries there are."""

    images: Mapping[int, Image]
    files: Mapping[int, StoredFile]
    listed: Mapping[tuple[str, int], str]
    """By field and id, of what belongs to images."""

    @classmethod
    def of(cls, entries: Collection[JournalEntry]) -> "Names":
        images = {entry.row for entry in entries if entry.model == "image"}
        files = {entry.row for entry in entries if entry.model == "storedfile"}
        ids: dict[str, set[int]] = {}
        for entry in entries:
            if entry.field in LISTS:
                ids.setdefault(entry.field, set()).update(entry.before or (), entry.after or ())
            for found, column in ((images, "merged_into_id"), (files, "file_id")):
                if entry.field == column:
                    found |= {pk for pk in (entry.before, entry.after) if pk is not None}
        return cls(
            Image.objects.select_related("file").in_bulk(images),
            StoredFile.objects.in_bulk(files),
            {(field, pk): name for field, pk, name in _called(ids)},
        )

    def image(self, pk: Any) -> str:
        return words.quoted(self.images[pk])

    def file(self, pk: Any) -> str:
        found = self.files[pk]
        size = {"width": found.width, "height": found.height}
        return _("“%(name)s”, %(width)s × %(height)s") % {"name": str(found), **size}

    def list(self, field: str, ids: Collection[Any]) -> str:
        """What the ids of a list are called. People delete albums: those have no name any more."""
        called = ids if field == "source_links" else [self.listed.get((field, pk)) for pk in ids]
        names = sorted(name for name in called if name is not None)
        if len(names) < len(ids):
            names.append(_("what was deleted since"))
        return words.listed(names)


LISTS: dict[str, tuple[type[Model], str]] = {
    "tags": (Tag, "name"),
    "albums": (Album, "name"),
    "contributors": (User, "username"),
    "favourites": (User, "username"),
}
"""Of the lists that are kept by ids: the table that these are of, and the column with the name."""


def _called(ids: Mapping[str, set[int]]) -> Iterable[tuple[str, int, str]]:
    """Field, id and name of each, in one query."""
    parts = []
    for field, wanted in ids.items():
        table, column = LISTS[field]
        rows: QuerySet[Any, Any] = table._default_manager.filter(pk__in=wanted).order_by()
        parts.append(rows.values_list(Value(field, output_field=CharField()), "pk", column))
    return parts[0].union(*parts[1:], all=True) if parts else []


def done(entry: JournalEntry, names: Names) -> str:
    """What the merge did: "Title of “Lake”: “” became “Lake at dawn”."."""
    if entry.field == CREATED:
        return _("An open question of an absorbed image was carried on to the keeper.")
    if entry.model == "storedfile":
        return _("The file %(file)s is kept until %(until)s.") % {
            "file": names.file(entry.row),
            "until": _value(entry, entry.after),
        }
    image = names.image(entry.row)
    if entry.field in RELATIONS:
        return _("%(field)s of %(image)s: added %(names)s.") % {
            "field": LABELS[entry.field],
            "image": image,
            "names": names.list(entry.field, entry.after or ()),
        }
    if entry.field == "merged_into_id":
        return _("The address of %(image)s leads to %(keeper)s.") % {"image": image, "keeper": names.image(entry.after)}
    if entry.field == "standing":
        return _("%(image)s was merged.") % {"image": image}
    if entry.field == "file_id":
        return _("%(image)s shows the file %(file)s.") % {"image": image, "file": names.file(entry.after)}
    return _("%(field)s of %(image)s: “%(before)s” became “%(after)s”.") % {
        "field": LABELS[entry.field],
        "image": image,
        "before": _value(entry, entry.before),
        "after": _value(entry, entry.after),
    }


def taken_back(entry: JournalEntry, taken: Collection[Any], names: Names) -> str:
    """What undoing it brings back; empty for what nobody needs to read. ``taken`` is what left a list."""
    if entry.field == CREATED or entry.field == "standing" or entry.model == "storedfile":
        return ""
    image = names.image(entry.row)
    if entry.field in RELATIONS:
        return ngettext(
            "%(field)s of %(image)s: %(names)s is taken away.",
            "%(field)s of %(image)s: %(names)s are taken away.",
            len(taken),
        ) % {"field": LABELS[entry.field], "image": image, "names": names.list(entry.field, taken)}
    if entry.field == "merged_into_id":
        if entry.before is None:
            return _("%(image)s is an image of its own again.") % {"image": image}
        return _("%(image)s leads to %(keeper)s again.") % {"image": image, "keeper": names.image(entry.before)}
    if entry.field == "file_id":
        return _("%(image)s shows the file %(file)s again.") % {"image": image, "file": names.file(entry.before)}
    return _("%(field)s of %(image)s is “%(before)s” again.") % {
        "field": LABELS[entry.field],
        "image": image,
        "before": _value(entry, entry.before),
    }


def changed_since(entry: JournalEntry, names: Names) -> str:
    """What somebody changed after the merge, so that an undo leaves it."""
    image = names.image(entry.row)
    label = LABELS.get(entry.field, entry.field)
    if entry.field in RELATIONS:
        return _("%(field)s of %(image)s: %(names)s was taken away since the merge.") % {
            "field": label,
            "image": image,
            "names": names.list(entry.field, entry.after or ()),
        }
    return _("%(field)s of %(image)s was changed since the merge; before it was “%(before)s”.") % {
        "field": label,
        "image": image,
        "before": _value(entry, entry.before),
    }


def _value(entry: JournalEntry, value: Any) -> str:
    read = read_back(ROWS[entry.model], entry.field, value)
    return "" if read is None else merge_fields.in_words(entry.field, read)
