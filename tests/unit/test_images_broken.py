"""A collection of malformed and hostile files, where there is one beside the repository."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gallery.errors import IngestError, Poisoned
from gallery.images.header import HEAD_BYTES, check, sniff
from gallery.images.sandbox import Examiner

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MAX_PIXELS = 50_000_000

MUST_BE_REFUSED = {"empty-file", "decompression-bomb", "svg-script", "svg-ssrf", "svg-local-file", "archive-attack"}


def rows() -> list[dict[str, str]]:
    listing = DATA / "broken.csv"
    if not listing.exists():
        return []
    with listing.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if (DATA / row["path"]).is_file()]


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner(max_pixels=MAX_PIXELS, seconds=10, memory_mb=1_500) as examiner:
        yield examiner


@pytest.mark.parametrize("row", [pytest.param(row, id=row["path"]) for row in rows()])
def test_every_broken_file_is_examined_or_refused_in_time(examiner: Examiner, row: dict[str, str]) -> None:
    path = DATA / row["path"]
    started = time.monotonic()
    try:
        with path.open("rb") as file:
            check(sniff(file.read(HEAD_BYTES)), max_pixels=MAX_PIXELS)
        facts = examiner.examine(path)
    except (IngestError, Poisoned) as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 - both outcomes are right
    else:
        assert row["kind"] not in MUST_BE_REFUSED or row["pillow_result"] == "ok", row
        assert facts.whole.shape == (320, 320, 3)
        assert min(facts.width, facts.height, facts.frames) >= 1
    assert time.monotonic() - started < 12
