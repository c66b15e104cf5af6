"""The database as one file, and back: SQLite by its own copying, PostgreSQL by its own programs."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from django.db import DatabaseError, connection

from gallery.errors import DedupError

STALLED_SECONDS = 10.0
"""A database that somebody holds for so long is in use."""

_OF_LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "service", "passfile")


class DumpFault(DedupError):
    """The database was not copied. The sentence says why, and what to do."""

    code = "dump"


IN_USE = "Somebody uses the database. Stop the site and its workers, then try again."


def name_of_dump() -> str:
    """What the file is called; it says which database made it."""
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.dump"


def dump(file: Path) -> None:
    """
    Write the database as it is at this moment into ``file``, while the site goes on.

    :raises DumpFault: if that can not be done.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        try:
            with closing(sqlite3.connect(file)) as target:
                connection.connection.backup(target)
                (answer,) = target.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as error:
            raise DumpFault(f"SQLite could not be copied: {error}.") from error
        if answer != "ok":
            raise DumpFault(f"The database is damaged: {answer}.")
        return
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}"])
    _run("pg_restore", ["--list", str(file)], on_database=False)


def load(file: Path) -> None:
    """
    Put what :func:`dump` wrote in the place of all that the database holds.

    :raises DumpFault: if that can not be done. SQLite then is as it was; PostgreSQL may be empty.
    """
    if connection.vendor == "sqlite":
        _load_sqlite(file)
    else:
        _drop_tables()
        _run(
            "pg_restore",
            ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--dbname=", str(file)],
        )
    connection.close()


def _load_sqlite(file: Path) -> None:
    last: tuple[int, float] = (-1, time.monotonic())

    def watch(status: int, remaining: int, total: int) -> None:
        nonlocal last
        if remaining != last[0]:
            last = (remaining, time.monotonic())
        elif time.monotonic() - last[1] > STALLED_SECONDS:
            raise DumpFault(IN_USE)

    connection.ensure_connection()
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
            source.backup(connection.connection, pages=4096, progress=watch)
    except sqlite3.Error as error:
        raise DumpFault(f"SQLite could not be written: {error}.") from error


def _drop_tables() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{STALLED_SECONDS:.0f}s"])
            names = connection.introspection.table_names(cursor)
            if names:
                cursor.execute(f"DROP TABLE {', '.join(connection.ops.quote_name(name) for name in names)} CASCADE")
    except DatabaseError as error:
        raise DumpFault(IN_USE) from error
    finally:
        connection.close()


def _run(program: str, words: Sequence[str], *, on_database: bool = True) -> None:
    found = shutil.which(program)
    if found is None:
        raise DumpFault(
            f"{program} is not here. Install PostgreSQL's client programs, of the server's version or newer "
            "(Debian: apt-get install postgresql-client)."
        )
    values = connection.settings_dict
    words = [f"--dbname={values['NAME']}" if word == "--dbname=" else word for word in words]
    done = subprocess.run(  # noqa: S603 - a fixed program; the words are ours
        [found, *words],
        env={**os.environ, **(_environment() if on_database else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or "it said nothing").splitlines()
        raise DumpFault(f"{program} gave up: {said[0]}")


def _environment() -> dict[str, str]:
    """The connection in libpq's own words, where no list of processes shows the password."""
    values = connection.settings_dict
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    found = {ours: str(values[name]) for ours, name in named.items() if values.get(name)}
    options = values.get("OPTIONS", {})
    return found | {f"PG{name.upper()}": str(options[name]) for name in _OF_LIBPQ if name in options}
