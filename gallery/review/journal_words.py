"""Journal entries as people read them: on the page of a merge, and before it is undone."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import Image, JournalEntry, StoredFile
from gallery.review import merge_fields, words
from gallery.review.journal import CREATED, ROWS, read_back
from gallery.review.merge_fields import LABELS, RELATIONS


def done(entry: JournalEntry) -> str:
    """What the merge did: "Title of “Lake”: “” became “Lake at dawn”."."""
    if entry.field == CREATED:
        return _("An open question of an absorbed image was carried on to the keeper.")
    if entry.model == "storedfile":
        return _("The file %(file)s is kept until %(until)s.") % {
            "file": _file(entry.row),
            "until": _value(entry, entry.after),
        }
    image = words.quoted(Image.objects.select_related("file").get(pk=entry.row))
    if entry.field in RELATIONS:
        return _("%(field)s of %(image)s: added %(names)s.") % {
            "field": LABELS[entry.field],
            "image": image,
            "names": _names(entry, entry.after or ()),
        }
    if entry.field == "merged_into_id":
        return _("The address of %(image)s leads to %(keeper)s.") % {"image": image, "keeper": _image(entry.after)}
    if entry.field == "standing":
        return _("%(image)s was merged.") % {"image": image}
    if entry.field == "file_id":
        return _("%(image)s shows the file %(file)s.") % {"image": image, "file": _file(entry.after)}
    return _("%(field)s of %(image)s: “%(before)s” became “%(after)s”.") % {
        "field": LABELS[entry.field],
        "image": image,
        "before": _value(entry, entry.before),
        "after": _value(entry, entry.after),
    }


def taken_back(entry: JournalEntry, taken: Collection[Any]) -> str:
    """What undoing it brings back; empty for what nobody needs to read. ``taken`` is what left a list."""
    if entry.field == CREATED or entry.field == "standing" or entry.model == "storedfile":
        return ""
    image = words.quoted(Image.objects.select_related("file").get(pk=entry.row))
    if entry.field in RELATIONS:
        return ngettext(
            "%(field)s of %(image)s: %(names)s is taken away.",
            "%(field)s of %(image)s: %(names)s are taken away.",
            len(taken),
        ) % {"field": LABELS[entry.field], "image": image, "names": _names(entry, taken)}
    if entry.field == "merged_into_id":
        if entry.before is None:
            return _("%(image)s is an image of its own again.") % {"image": image}
        return _("%(image)s leads to %(keeper)s again.") % {"image": image, "keeper": _image(entry.before)}
    if entry.field == "file_id":
        return _("%(image)s shows the file %(file)s again.") % {"image": image, "file": _file(entry.before)}
    return _("%(field)s of %(image)s is “%(before)s” again.") % {
        "field": LABELS[entry.field],
        "image": image,
        "before": _value(entry, entry.before),
    }


def changed_since(entry: JournalEntry) -> str:
    """What somebody changed after the merge, so that an undo leaves it."""
    image = words.quoted(Image.objects.select_related("file").get(pk=entry.row))
    label = LABELS.get(entry.field, entry.field)
    if entry.field in RELATIONS:
        return _("%(field)s of %(image)s: %(names)s was taken away since the merge.") % {
            "field": label,
            "image": image,
            "names": _names(entry, entry.after or ()),
        }
    return _("%(field)s of %(image)s was changed since the merge; before it was “%(before)s”.") % {
        "field": label,
        "image": image,
        "before": _value(entry, entry.before),
    }


def _value(entry: JournalEntry, value: Any) -> str:
    read = read_back(ROWS[entry.model], entry.field, value)
    return "" if read is None else merge_fields.in_words(entry.field, read)


def _names(entry: JournalEntry, ids: Collection[Any]) -> str:
    """What the ids of a list are called. People delete albums: those have no name any more."""
    names = RELATIONS[entry.field].names(set(ids))
    if len(names) < len(ids):
        names.append(_("what was deleted since"))
    return words.listed(names)


def _image(pk: Any) -> str:
    return words.quoted(Image.objects.select_related("file").get(pk=pk))


def _file(pk: Any) -> str:
    file = StoredFile.objects.get(pk=pk)
    return _("“%(name)s”, %(width)s × %(height)s") % {"name": str(file), "width": file.width, "height": file.height}
