"""Taking in a folder that lies on the server."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery import tasks
from gallery.ingest import importing
from gallery.models import Image, OutboxEntry, User
from tests import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them further down, and a text file."""
    made = tmp_path / "import"
    (made / "deep" / "deeper").mkdir(parents=True)
    pictures.written(made, pictures.photograph(1, width=160, height=120), "one.jpg")
    pictures.written(made / "deep" / "deeper", pictures.photograph(2, width=160, height=120), "two.png")
    (made / "notes.txt").write_text("no picture")
    return made


def test_all_pictures_below_the_folder_become_uploads_of_one_person(
    folder: Path, media: Path, lena: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_folder", folder, by="lena", no_wait=True)
    assert sorted(Image.objects.values_list("file__original_name", flat=True)) == ["one.jpg", "two.png"]
    assert set(Image.objects.values_list("owner", flat=True)) == {lena.pk}
    assert "3 files: 2 new, 0 here already, 1 refused." in capsys.readouterr().out


def test_a_second_run_goes_on_where_the_first_stopped(
    folder: Path, media: Path, lena: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_folder", folder, by="lena", no_wait=True)
    pictures.written(folder, pictures.photograph(3, width=160, height=120), "three.jpg")
    capsys.readouterr()
    call_command("import_folder", folder, by="lena", no_wait=True)
    assert "4 files: 1 new, 2 here already, 1 refused." in capsys.readouterr().out
    assert Image.objects.count() == 3


def test_refusals_are_written_down_with_their_reasons(folder: Path, media: Path, lena: User, tmp_path: Path) -> None:
    call_command("import_folder", folder, by="lena", no_wait=True, refusals=tmp_path / "refused.csv")
    (row,) = csv.DictReader((tmp_path / "refused.csv").read_text().splitlines())
    assert (row["file"], row["code"]) == ("notes.txt", "unsupported_type")
    assert row["why"]


def test_work_is_followed_to_its_end_and_what_could_not_be_opened_is_told(
    folder: Path, media: Path, lena: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (folder / "one.jpg").read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    call_command("import_folder", folder, by="lena", no_wait=True)
    tasks.run_everything()
    # The whole ones are here; the half one was refused once it was opened, so it is taken, and refused, again.
    call_command("import_folder", folder, by="lena", no_wait=True)
    tasks.run_everything()
    assert not importing.still_waiting(Image.objects.values_list("pk", flat=True))
    capsys.readouterr()
    call_command("import_folder", folder, by="lena", no_wait=True)
    assert "4 files: 1 new, 2 here already" in capsys.readouterr().out
    refused = list(importing.refused_later(Image.objects.order_by("pk").values_list("pk", flat=True)))
    assert {code for _pk, code, _sentence in refused} == {"truncated"}


def test_hidden_files_and_links_are_left_out(folder: Path, tmp_path: Path) -> None:
    (folder / ".hidden.jpg").write_bytes(b"x")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "small.jpg").write_bytes(b"x")
    (tmp_path / "outside.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    (folder / "way-out").symlink_to(tmp_path)
    assert [path.name for path in importing.files_in(folder)] == ["two.png", "notes.txt", "one.jpg"]


def test_a_file_that_went_away_is_told_and_the_rest_goes_on(tmp_path: Path, lena: User) -> None:
    taken = importing.take(tmp_path / "gone.jpg", by=lena)
    assert (taken.outcome, taken.code) == ("refused", "unreadable")


def test_several_files_are_taken_in_together_and_told_in_their_order(folder: Path, media: Path, lena: User) -> None:
    paths = [folder / "gone.jpg", *importing.files_in(folder)]
    taken = importing.take_all(paths, by=lena)
    assert [found.path for found in taken] == paths
    assert [found.code for found in taken] == ["unreadable", "", "unsupported_type", ""]
    assert sum(found.outcome == "new" for found in taken) == OutboxEntry.objects.count() == 2


def test_a_name_or_a_folder_that_is_not_there_is_told(folder: Path, lena: User) -> None:
    with pytest.raises(CommandError, match="no account"):
        call_command("import_folder", folder, by="nobody")
    with pytest.raises(CommandError, match="not a folder"):
        call_command("import_folder", folder / "missing", by="lena")
