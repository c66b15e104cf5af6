"""The audit chain as a file, for whoever keeps or examines it elsewhere. Written piece by piece, oldest entry first."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from gallery.models import AuditEntry

CHUNK = 500
"""Entries held in memory at a time."""

COLUMNS = ("position", "at", "actor", "actor_name", "verb", "subject", "data", "previous_hash", "hash")

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula. Names may."""


def entries(since: dt.datetime | None = None) -> Iterator[AuditEntry]:
    """Every entry from ``since`` on in the order of the chain, a chunk of them in memory at a time."""
    found = AuditEntry.objects.order_by("position")
    if since is not None:
        found = found.filter(at__gte=since)
    last = 0
    while chunk := list(found.filter(position__gt=last)[:CHUNK]):
        yield from chunk
        last = chunk[-1].position


def as_json(since: dt.datetime | None = None) -> Iterator[str]:
    """One array, an entry a line: what the hashes were taken of, so that they can be checked elsewhere."""
    opening = "[\n"
    for entry in entries(since):
        yield opening + json.dumps(_row(entry), cls=DjangoJSONEncoder, ensure_ascii=False)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def as_csv(since: dt.datetime | None = None) -> Iterator[str]:
    """A heading and a row for each entry, for spreadsheets; ``data`` is JSON in one cell."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for entry in entries(since):
        row = _row(entry) | {"data": json.dumps(entry.data, ensure_ascii=False, sort_keys=True)}
        writer.writerow([_harmless(row[column]) for column in COLUMNS])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


FORMATS: dict[str, Callable[[dt.datetime | None], Iterator[str]]] = {"csv": as_csv, "json": as_json}


def _row(entry: AuditEntry) -> dict[str, object]:
    at = entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    values = {column: getattr(entry, column) for column in COLUMNS}
    return values | {"at": at, "actor": entry.actor_id}


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def moment(text: str) -> dt.datetime | None:
    """
    A day (from its beginning here) or a moment in ISO 8601; None for nothing.

    :raises ValueError: with a sentence, for anything else.
    """
    if not text.strip():
        return None
    try:
        found = parse_datetime(text.strip())
        if found is None and (day := parse_date(text.strip())):
            found = dt.datetime.combine(day, dt.time())
    except ValueError:  # well-formed, but no such day
        found = None
    if found is None:
        raise ValueError(_("“%(text)s” is no day. Write it as 2026-05-31.") % {"text": text})
    return found if timezone.is_aware(found) else timezone.make_aware(found)
