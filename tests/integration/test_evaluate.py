"""The whole pipeline over a labelled folder, in a site that is thrown away."""

import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery.models import Image, User
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
