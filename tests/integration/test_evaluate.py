"""The whole pipeline over a labelled folder, in a site that is thrown away."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gallery.models import Image, Policy, User
from tests import pictures

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three copies of one picture in two files of equal bytes, a second picture, and one that can't be opened."""
    made = tmp_path / "labelled"
    (made / "copies").mkdir(parents=True)
    picture = pictures.photograph(1, width=320, height=240)
    for name in ("one.jpg", "same.jpg"):
        pictures.written(made / "copies", picture, name)
    pictures.written(made / "copies", pictures.resized(picture, 0.6), "small.jpg")
    pictures.written(made, pictures.photograph(2, width=320, height=240), "other.jpg")
    (made / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")
    return made


def test_a_folder_is_evaluated_and_the_site_is_left_alone(
    folder: Path, tmp_path: Path, lena: User, capfd: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "evaluate",
        folder,
        json=True,
        export=tmp_path / "found.csv",
        html=tmp_path / "report.html",
        scratch=tmp_path,
    )
    figures = json.loads(capfd.readouterr().out)
    assert figures["files"] == 4
    assert list(figures["refused"]) == ["broken.jpg"]
    certain = figures["tiers"]["certain"]
    assert (certain["recall"]["part"], certain["recall"]["whole"]) == (3, 3)
    assert figures["tiers"]["identical"]["recall"]["part"] == 1
    assert figures["average_precision"] == 1.0
    rows = list(csv.DictReader((tmp_path / "found.csv").read_text().splitlines()))
    assert {row["a"] for row in rows if row["judged"] == "copy"} == {"copies/one.jpg"}
    assert all(row["sentence"] for row in rows)
    report = (tmp_path / "report.html").read_text()
    assert "<polyline" in report
    assert "http" not in report
    assert not Image.objects.exists()
    assert not list(tmp_path.glob("dedup-evaluation-*"))


def figures_of(capfd: pytest.CaptureFixture[str], folder: Path, keep: Path, **options: object) -> dict[str, Any]:
    call_command("evaluate", folder, json=True, keep=keep, **options)
    told: dict[str, Any] = json.loads(capfd.readouterr().out)
    return told


def rows_of(keep: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(keep / "scratch.sqlite3")) as database:
        return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def test_an_evaluation_goes_on_where_it_was_interrupted(
    folder: Path, tmp_path: Path, lena: User, capfd: pytest.CaptureFixture[str]
) -> None:
    keep, later = tmp_path / "kept", folder / "copies" / "small.jpg"
    picture = later.read_bytes()
    later.unlink()
    assert figures_of(capfd, folder, keep)["tiers"]["certain"]["recall"]["whole"] == 1
    before = rows_of(keep, "gallery_storedfile")
    later.write_bytes(picture)
    whole = figures_of(capfd, folder, keep)["tiers"]["certain"]["recall"]
    assert (whole["part"], whole["whole"]) == (3, 3)
    after = rows_of(keep, "gallery_storedfile")
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2  # the refused one is tried again
    compared = rows_of(keep, "gallery_pair")
    assert figures_of(capfd, folder, keep)["tiers"]["certain"]["recall"] == whole
    assert [row[0] for row in rows_of(keep, "gallery_pair")] == [row[0] for row in compared]


def test_what_was_compared_is_weighed_anew_by_other_rules(
    folder: Path, tmp_path: Path, lena: User, capfd: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept"
    assert figures_of(capfd, folder, keep)["tiers"]["certain"]["recall"]["part"] == 3
    Policy.objects.update(pdq_certain=0, strict_cells=10_000, strict_ncc=1, pdq_review=44)
    assert figures_of(capfd, folder, keep)["tiers"]["certain"]["recall"]["part"] == 1
    assert figures_of(capfd, folder, keep, defaults=True)["tiers"]["certain"]["recall"]["part"] == 3


def test_copies_that_were_tried_are_not_tried_again(
    folder: Path, tmp_path: Path, lena: User, capfd: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept"
    once = figures_of(capfd, folder, keep, edits=1)
    ledger = keep / "meetings.jsonl"
    (line,) = ledger.read_text().splitlines()
    ledger.write_text(line.replace('"jpeg_30"', '"jpeg_10"') + "\n" + line[:50])
    again = figures_of(capfd, folder, keep, edits=1)["edits"]
    assert again["jpeg_30"]["met"] == 0
    assert again["jpeg_10"]["met"] == 2 * once["edits"]["jpeg_10"]["met"]
    assert len(ledger.read_text().splitlines()) == 1


def test_labels_that_make_no_sense_end_it_with_the_reason(
    tmp_path: Path, lena: User, capfd: pytest.CaptureFixture[str]
) -> None:
    pictures.written(tmp_path, pictures.plain(), "alone.png")
    with pytest.raises(CommandError, match="did not finish"):
        call_command("evaluate", tmp_path, defaults=True)
    assert "nothing to find" in capfd.readouterr().err


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a folder"):
        call_command("evaluate", tmp_path / "missing")
