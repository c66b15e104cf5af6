"""Copies made of a library's pictures: which are found, and what is told of them."""

import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery import tasks
from gallery.detection.scoring import Signals
from gallery.evaluation import copies, generated, labels, library
from gallery.evaluation.generated import Generated, Meeting
from gallery.models import Image, Pair
from tests import pictures

pytestmark = pytest.mark.django_db

FEW = ("jpeg_30", "mirrored", "inverted")


@pytest.fixture
def found(tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch) -> Generated:
    """Two pictures in a group of their own and a third, and two of them copied by a few edits."""
    monkeypatch.setattr(copies, "ALL", FEW)
    folder = tmp_path / "labelled"
    (folder / "two").mkdir(parents=True)
    photo = pictures.photograph(1, width=320, height=240)
    pictures.written(folder / "two", photo, "large.jpg")
    pictures.written(folder / "two", pictures.resized(photo, 0.7), "small.jpg")
    pictures.written(folder, pictures.photograph(2, width=320, height=240), "other.jpg")
    known = labels.read(folder)
    filled = library.fill(known, work=tasks.work_on)
    return generated.make(known, filled, count=2)


def test_each_copy_is_searched_for_as_if_it_were_the_first(found: Generated) -> None:
    assert len(found.originals) == 2
    tallies = found.tallies()
    assert list(tallies) == list(FEW)
    assert (tallies["jpeg_30"].copies, tallies["jpeg_30"].found[Pair.Tier.CERTAIN]) == (2, 2)
    assert tallies["mirrored"].found[Pair.Tier.REVIEW] == 2
    assert tallies["inverted"].found[Pair.Tier.CERTAIN] == 2
    assert Image.objects.count() == 3
    # The other picture of the same group is met as well, and not judged.
    assert all(met.right for met in found.meetings if met.tier >= Pair.Tier.REVIEW)


def meeting(edit: str, tier: Pair.Tier, *, right: bool = True) -> Meeting:
    return Meeting(edit=edit, original="a", other="a" if right else "b", right=right, signals=Signals(), tier=tier)


def test_the_figures_are_told_as_a_table_as_json_and_as_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "ALL", FEW)
    met = [
        meeting("jpeg_30", Pair.Tier.CERTAIN),
        meeting("mirrored", Pair.Tier.REVIEW),
        meeting("mirrored", Pair.Tier.REVIEW, right=False),
    ]
    found = Generated(["a"], met)
    table = generated.as_text(found)
    assert "1 pictures, 3 copies" in table
    assert "findings right, likely: 2 of 3" in table
    told = json.loads(json.dumps(generated.as_dict(found)))
    assert told["edits"]["jpeg_30"]["found"] == {"identical": 0, "certain": 1, "review": 1}
    assert told["false_alarms"] == [["mirrored", "a", "b", "review"]]
    assert generated.export(tmp_path / "met.csv", found) == 3
    rows = list(csv.DictReader((tmp_path / "met.csv").read_text().splitlines()))
    assert [(row["edit"], row["other"], row["tier"]) for row in rows][2] == ("mirrored", "b", "review")


@pytest.mark.parametrize(
    ("options", "words"), [({"edits": 0}, "at least one"), ({"edits": 1, "html": Path("x")}, "HTML")]
)
def test_options_that_make_no_sense_are_told(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("evaluate", tmp_path, **options)
