"""
The journal of a merge: every change of every row, so that each can be taken back.

An entry is reverted only while the value is still the one the merge wrote. What somebody changed since is theirs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import DateTimeField, Max, Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from gallery.models import Favourite, Image, JournalEntry, Merge, Pair, SourceLink, StoredFile
from gallery.review.merge_fields import RELATIONS

ROWS: dict[str, type[Model]] = {"image": Image, "storedfile": StoredFile}
"""Whose fields a merge sets."""

CREATED = "created"
"""The field of an entry that tells of a new row rather than of a change."""

Place = tuple[str, int, str, Any]
"""Model, row and field; for one value of a relation that value, else None."""


@dataclass(slots=True)
class Reverted:
    """What an undo did with the entries: took back, or left because somebody changed them since."""

    entries: list[JournalEntry] = field(default_factory=list)
    left: list[JournalEntry] = field(default_factory=list)
    places: set[Place] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    """Images that changed."""
    taken: dict[int, set[Any]] = field(default_factory=dict)
    """Of what an entry added to a list, by the entry's id, what was still there."""


class Journal:
    """Makes the changes of one merge and writes each down."""

    def __init__(self, merge: Merge, *, leave: Collection[Place] = (), goes_on: bool = False) -> None:
        """
        ``leave`` are places that a person changed since an earlier time the merge was made: hands off.

        ``goes_on`` is for one more change of a merge that stands.
        """
        self.merge = merge
        self.leave = leave
        if not goes_on:
            # What an earlier undo left alone belongs to whoever changed it, not to this merge any more.
            merge.journal.filter(reverted_at=None).delete()
        self.position: int = merge.journal.aggregate(last=Max("position"))["last"] or 0

    def set(self, row: Image | StoredFile, **values: Any) -> None:
        """Set columns (for a reference its ``…_id``) of one row."""
        name = row._meta.model_name or ""
        changes = {
            column: value
            for column, value in values.items()
            if getattr(row, column) != value and (name, row.pk, column, None) not in self.leave
        }
        for column, value in changes.items():
            self._write(name, row.pk, column, kept(getattr(row, column)), kept(value))
            setattr(row, column, value)
        if changes:
            type(row).objects.filter(pk=row.pk).update(**changes)

    def swap_files(self, one: Image, other: Image) -> None:
        """Let each show the other's file. A file is shown by one image at most, at every moment."""
        first, second = one.file_id, other.file_id
        Image.objects.filter(pk=other.pk).update(file=None)
        Image.objects.filter(pk=one.pk).update(file=second)
        Image.objects.filter(pk=other.pk).update(file=first)
        self._write("image", one.pk, "file_id", first, second)
        self._write("image", other.pk, "file_id", second, first)
        one.file, other.file = other.file, one.file

    def add(self, image: Image, relation: str, ids: Iterable[Any]) -> None:
        """Add to one of the lists of an image."""
        wanted = [value for value in ids if ("image", image.pk, relation, value) not in self.leave]
        if wanted:
            add_to(image, relation, wanted)
            self._write("image", image.pk, relation, None, wanted)

    def created(self, pairs: Iterable[Pair]) -> None:
        """Note pairs that carry on a question of an absorbed image."""
        JournalEntry.objects.bulk_create([self._entry("pair", pair.pk, CREATED, None, True) for pair in pairs])

    def _write(self, model: str, row: int, column: str, before: Any, after: Any) -> None:
        self._entry(model, row, column, before, after).save()

    def _entry(self, model: str, row: int, column: str, before: Any, after: Any) -> JournalEntry:
        self.position += 1
        return JournalEntry(
            merge=self.merge, position=self.position, model=model, row=row, field=column, before=before, after=after
        )


def kept(value: Any) -> Any:
    """A column's value as JSON holds it."""
    return value.isoformat() if isinstance(value, datetime) else value


def read_back(model: type[Model], column: str, value: Any) -> Any:
    """The column's value again."""
    if isinstance(model._meta.get_field(column), DateTimeField) and isinstance(value, str):
        return parse_datetime(value)
    return value


def add_to(image: Image, relation: str, ids: Collection[Any]) -> None:
    if relation == "favourites":
        Favourite.objects.bulk_create([Favourite(user_id=user, image=image) for user in ids], ignore_conflicts=True)
    elif relation == "source_links":
        SourceLink.objects.bulk_create([SourceLink(url=url, image=image) for url in ids], ignore_conflicts=True)
    else:
        getattr(image, relation).add(*ids)


def take_from(image: Image, relation: str, ids: Collection[Any]) -> None:
    if relation == "favourites":
        Favourite.objects.filter(image=image, user__in=ids).delete()
    elif relation == "source_links":
        SourceLink.objects.filter(image=image, url__in=ids).delete()
    else:
        getattr(image, relation).remove(*ids)


def revert(merge: Merge, *, force: Collection[int] = ()) -> Reverted:
    """
    Take back every change of the merge that still stands, newest first.

    ``force`` are ids of entries to take back although somebody changed the value since.
    """
    done = Reverted()
    by_row: dict[tuple[str, int], list[JournalEntry]] = defaultdict(list)
    files: list[JournalEntry] = []
    for entry in merge.journal.filter(reverted_at=None).order_by("-position"):
        if entry.field == CREATED:
            _revert_pair(entry, done)
        elif entry.field in RELATIONS:
            _revert_relation(entry, done)
        elif (entry.model, entry.field) == ("image", "file_id"):
            files.append(entry)
        else:
            by_row[entry.model, entry.row].append(entry)
    for entries in by_row.values():
        _revert_columns(entries, done, force)
    _revert_files(files, done)
    JournalEntry.objects.filter(pk__in=[entry.pk for entry in done.entries]).update(reverted_at=timezone.now())
    return done


def _revert_pair(entry: JournalEntry, done: Reverted) -> None:
    """A pair that was compared meanwhile is a finding of its own and stays."""
    Pair.objects.filter(pk=entry.row, compared_at=None).delete()
    done.entries.append(entry)


def _revert_relation(entry: JournalEntry, done: Reverted) -> None:
    image = Image.objects.get(pk=entry.row)
    added = set(entry.after or ())
    present = added & RELATIONS[entry.field](image)
    take_from(image, entry.field, present)
    done.taken[entry.pk] = present
    done.rows.add(image.pk)
    done.places |= {(entry.model, entry.row, entry.field, value) for value in added - present}
    (done.entries if present else done.left).append(entry)


def _revert_columns(entries: list[JournalEntry], done: Reverted, force: Collection[int]) -> None:
    """All columns of one row in one statement: some only make sense together (merged, and into what)."""
    model = ROWS[entries[0].model]
    try:
        row = model._default_manager.get(pk=entries[0].row)
    except ObjectDoesNotExist:  # a file's row goes only with its image, and those stay
        done.left += entries
        return
    values = {}
    for entry in entries:
        if kept(getattr(row, entry.field)) == entry.after or entry.pk in force:
            values[entry.field] = read_back(model, entry.field, entry.before)
            done.entries.append(entry)
        else:
            done.left.append(entry)
            done.places.add((entry.model, entry.row, entry.field, None))
    if values:
        model._default_manager.filter(pk=row.pk).update(**values)
        if model is Image:
            done.rows.add(row.pk)


def _revert_files(entries: list[JournalEntry], done: Reverted) -> None:
    """Two images change files with each other: both or none."""
    if not entries:
        return
    shown = dict(Image.objects.filter(pk__in=[entry.row for entry in entries]).values_list("pk", "file"))
    if any(shown[entry.row] != entry.after for entry in entries):
        done.left += entries
        return
    Image.objects.filter(pk__in=list(shown)).update(file=None)
    for entry in entries:
        Image.objects.filter(pk=entry.row).update(file=entry.before)
    done.rows |= set(shown)
    done.entries += entries
