"""A backup brought back: the same rows, the same files, and an index that does not speak of another time."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from gallery import index
from gallery.detection import epochs, upkeep
from gallery.management import archive
from gallery.models import AuditEntry, Collection, Image, OutboxEntry, Pair, User
from tests import servers
from tests.conftest import make_user
from tests.uploading import upload_photograph, work_off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of the server that is tested with, wherever a system keeps them."""
    folder = servers.postgres_programs()
    if connection.vendor == "postgresql":
        monkeypatch.setenv("PATH", str(folder), prepend=":")


def files_of(media: Path) -> dict[str, bytes]:
    return {path.relative_to(media).as_posix(): path.read_bytes() for path in media.rglob("*") if path.is_file()}


@pytest.fixture
def site(milvus: str, media: Path, lena: User) -> User:
    """Two copies of one picture, compared by a real index, and an entry of the audit chain."""
    upload_photograph(lena, 1)
    upload_photograph(lena, 1, smaller=True)
    work_off()
    AuditEntry.objects.append(lena, "test.said", "test")
    assert Pair.objects.filter(state=Pair.State.OPEN).count() == 1
    return lena


def test_what_was_backed_up_comes_back_and_what_came_after_is_gone(site: User, media: Path, tmp_path: Path) -> None:
    before, images = files_of(media), sorted(Image.objects.values_list("public_id", flat=True))
    call_command("backup", tmp_path / "backup")
    later = upload_photograph(site, 7)
    work_off()
    make_user("later", "admin")
    shutil.rmtree(media / "originals")
    call_command("restore", tmp_path / "backup", overwrite=True)
    assert sorted(Image.objects.values_list("public_id", flat=True)) == images
    assert not User.objects.filter(username="later").exists()
    now = files_of(media)
    assert {key: now[key] for key in before} == before
    assert all(later.public_id in key or "pairs" in key for key in now.keys() - before.keys())
    entry = AuditEntry.objects.latest("position")
    assert (entry.verb, entry.actor) == ("site.restored", None)
    assert AuditEntry.objects.all().first_break() is None


def test_a_newer_index_beside_an_older_database_never_lies(site: User, tmp_path: Path) -> None:
    call_command("backup", tmp_path / "backup")
    upload_photograph(site, 7)
    work_off()
    call_command("restore", tmp_path / "backup", overwrite=True)
    client = index.load()
    for name in Collection.objects.values_list("name", flat=True):
        assert epochs.agrees(client, name)
        assert client.count(name) == 2
    assert not Collection.objects.astray().exists()
    assert all(found.is_clean for found in upkeep.reconcile(thorough=True))
    # The id that the index knew of a picture that is gone is given to another one now.
    stranger, copy = upload_photograph(site, 8), upload_photograph(site, 1)
    del copy
    work_off()
    assert not Pair.objects.filter(right=stranger, state=Pair.State.OPEN).exists()
    assert Image.objects.filter(stage=Image.Stage.COMPARED).count() == 3


def test_without_an_index_the_workers_put_it_right_later(
    site: User, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup", tmp_path / "backup")
    there = settings.DEDUP
    settings.DEDUP = {**there, "milvus_uri": f"http://127.0.0.1:{servers.free_port()}", "milvus_timeout": 1.0}
    call_command("restore", tmp_path / "backup", overwrite=True)
    assert "as soon as it and a worker run" in capsys.readouterr().out
    assert Collection.objects.astray().count() == 2
    assert OutboxEntry.objects.filter(topic="reconcile").exists()
    settings.DEDUP = there
    upload_photograph(site, 1)
    work_off()
    assert not Collection.objects.astray().exists()


def test_everybody_signs_in_again_after_it(site: User, client: Client, tmp_path: Path) -> None:
    client.force_login(site)
    call_command("backup", tmp_path / "backup")
    assert client.get("/uploads/").status_code == 200
    call_command("restore", tmp_path / "backup", overwrite=True)
    assert client.get("/uploads/").status_code == 302
    assert not Session.objects.exists()


def test_a_site_that_holds_something_is_not_overwritten_unasked(site: User, tmp_path: Path) -> None:
    call_command("backup", tmp_path / "backup")
    upload_photograph(site, 7)
    with pytest.raises(CommandError, match=r"1 accounts and 3 images.*--overwrite"):
        call_command("restore", tmp_path / "backup")
    assert Image.objects.count() == 3


def test_files_alone_make_a_site_not_empty(site: User, media: Path, tmp_path: Path) -> None:
    call_command("backup", tmp_path / "backup")
    call_command("flush", interactive=False, verbosity=0)
    with pytest.raises(CommandError, match="files in its store"):
        call_command("restore", tmp_path / "backup")
    shutil.rmtree(media)
    call_command("restore", tmp_path / "backup")
    assert Image.objects.count() == 2


def spoil_a_file(backup: Path) -> str:
    next((backup / "files").rglob("*.jpg")).write_bytes(b"something else")
    return "checksum differs"


def lose_a_file(backup: Path) -> str:
    next((backup / "files").rglob("*.jpg")).unlink()
    return "The backup lacks"


def spoil_the_database(backup: Path) -> str:
    (file,) = backup.glob("database.*")
    file.write_bytes(file.read_bytes()[:-10])
    return "checksum differs"


def shorten_the_listing(backup: Path) -> str:
    (backup / "files.jsonl").write_text("")
    return "checksum differs"


def be_newer(backup: Path) -> str:
    told = json.loads((backup / "manifest.json").read_text())
    told["migrations"].append("9999_of_tomorrow")
    (backup / "manifest.json").write_text(json.dumps(told))
    return "9999_of_tomorrow"


def be_of_another_database(backup: Path) -> str:
    told = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({**told, "engine": "oracle"}))
    return "The backup is of oracle"


def be_no_backup(backup: Path) -> str:
    (backup / "manifest.json").unlink()
    return "is no backup"


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_a_file,
        lose_a_file,
        spoil_the_database,
        shorten_the_listing,
        be_newer,
        be_of_another_database,
        be_no_backup,
    ],
)
def test_a_backup_that_is_not_whole_changes_nothing(
    media: Path, lena: User, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    upload_photograph(lena, 1)
    call_command("backup", tmp_path / "backup")
    said = spoil(tmp_path / "backup")
    upload_photograph(lena, 2)
    before = files_of(media)
    for words in ({"overwrite": True}, {"check": True}):
        with pytest.raises(CommandError, match=said):
            call_command("restore", tmp_path / "backup", **words)
    assert (Image.objects.count(), files_of(media)) == (2, before)


def test_a_key_that_leads_out_of_the_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(archive.ArchiveFault, match="outside of itself"):
        archive.path_of(tmp_path, archive.Entry("../../elsewhere", 1))


def test_a_whole_backup_can_be_checked_without_touching_anything(
    media: Path, lena: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload_photograph(lena, 1)
    call_command("backup", tmp_path / "backup")
    call_command("restore", tmp_path / "backup", check=True)
    assert "is whole and fits" in capsys.readouterr().out


def test_a_backup_never_takes_the_place_of_something(media: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", tmp_path / "backup")


def test_files_that_are_kept_safe_elsewhere_are_only_listed(
    media: Path, lena: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload_photograph(lena, 1)
    call_command("backup", tmp_path / "backup", without_files=True)
    assert not (tmp_path / "backup" / "files").exists()
    assert [entry.key for entry in archive.entries(tmp_path / "backup")] == sorted(files_of(media))
    call_command("restore", tmp_path / "backup", overwrite=True)
    assert "check_integrity" in capsys.readouterr().out


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no programs")
def test_missing_programs_are_named(lena: User, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="postgresql-client"):
        call_command("backup", tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_files_in_a_bucket_come_back_too(s3_server: servers.S3, lena: User, tmp_path: Path, settings: Settings) -> None:
    options = {
        "bucket_name": "backup",
        "endpoint_url": s3_server.endpoint_url,
        "access_key": s3_server.access_key,
        "secret_key": s3_server.secret_key,
        "region_name": "us-east-1",
        "addressing_style": "path",
    }
    store = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": store}
    call_command("prepare_storage")
    image = upload_photograph(lena, 1)
    call_command("backup", tmp_path / "backup")
    stored = image.files.get()
    with stored.blob.open("rb") as kept:
        content = kept.read()
    default_storage.delete(str(stored.blob.name))
    call_command("restore", tmp_path / "backup", overwrite=True)
    with stored.blob.open("rb") as kept:
        assert kept.read() == content
