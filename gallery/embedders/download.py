"""Downloading a weights file: resumed after an interruption, under its final name only when it is whole."""

import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from gallery.embedders.weights import WeightsFile, verify
from gallery.errors import ModelMissing

CHUNK = 1024 * 1024
ATTEMPTS = 5
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes there will be (None: the server does not say)."""


class _Interrupted(Exception):  # it is no failure yet: the download goes on
    """The connection broke; what arrived is kept."""


def download(url: str, to: Path, wanted: WeightsFile, *, progress: Progress | None = None, pause: float = 1.0) -> None:
    """
    Download ``url`` into the file ``to``, which appears only when it is whole and its checksum is verified.

    What arrives is kept beside it as ``<name>.part``, with the server's mark of that version; an interrupted download
    goes on from there, in this call (up to five attempts, ``pause`` seconds apart) or in a later one.

    :raises ModelMissing: if the server can not be reached, refuses, or gives something else; the sentence says what
        to do.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ModelMissing(f"{url} is not a web address.")
    part = to.with_name(f"{to.name}.part")
    report = progress or (lambda here, total: None)
    with _disk_faults_named(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        _fetch_in_attempts(url, part, report, pause)
        try:
            verify(part, wanted)
        except ModelMissing as error:
            _forget(part)
            raise ModelMissing(
                f"{url} gave another file than expected (SHA-256 should be {wanted.sha256}). It was deleted."
            ) from error
        part.replace(to)
        _mark_of(part).unlink(missing_ok=True)


def adopt(source: Path, to: Path, wanted: WeightsFile) -> None:
    """
    Copy a file that was brought by hand to where it belongs, if it is the right one.

    :raises ModelMissing: if it is not.
    """
    verify(source, wanted)
    part = to.with_name(f"{to.name}.copy")
    with _disk_faults_named(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, part)
        part.replace(to)


def _fetch_in_attempts(url: str, part: Path, report: Progress, pause: float) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _go_on(url, part, report)
        except HTTPError as error:
            raise ModelMissing(f"{url} answers {error.code} {error.reason}. {_by_hand()}") from error
        except (URLError, HTTPException, ConnectionError, TimeoutError, _Interrupted) as error:
            if attempt == ATTEMPTS:
                raise ModelMissing(
                    f"{url} can not be downloaded: {getattr(error, 'reason', error)}. "
                    f"What has arrived is kept; run the command again to go on. {_by_hand()}"
                ) from error
            time.sleep(pause)
        else:
            return


def _by_hand() -> str:
    return "Without a network: fetch the file elsewhere and give it with --from FILE."


def _go_on(url: str, part: Path, report: Progress) -> None:
    """Ask for what is not here yet and append it."""
    here = part.stat().st_size if part.exists() and _mark_of(part).exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "dedup"})  # noqa: S310  # http(s), checked above
    if here:
        request.add_header("Range", f"bytes={here}-")
        # The rest of *this* version, or all of the new one.
        request.add_header("If-Range", _mark_of(part).read_text())
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310  # http(s), checked above
    except HTTPError as error:
        if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{here}":
            return  # all of it was here
        if error.code == 416:
            _forget(part)
            raise _Interrupted("the server's file has changed") from error
        if error.code >= 500:
            raise _Interrupted(f"the server answers {error.code}") from error
        raise
    with response:
        if response.status != 206:
            here = 0
        _append(response, part, here, report)


def _append(response: HTTPResponse, part: Path, here: int, report: Progress) -> None:
    length = response.headers.get("Content-Length")
    total = here + int(length) if length else None
    if not here:
        _forget(part)
        mark = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if mark and not mark.startswith("W/"):  # a weak mark does not promise the same bytes
            _mark_of(part).write_text(mark)
    with part.open("ab") as stream:
        stream.truncate(here)
        report(here, total)
        while piece := response.read(CHUNK):
            stream.write(piece)
            here += len(piece)
            report(here, total)
    if total is not None and here < total:
        raise _Interrupted(f"{here:,} of {total:,} bytes arrived")


def _mark_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark_of(part).unlink(missing_ok=True)


@contextmanager
def _disk_faults_named(to: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelMissing(f"{to} can not be written: {error.strerror or error}.") from error
