"""Whatever is not as it should be is named; what can be made again is, where that is asked for."""

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from gallery import index
from gallery.detection import cases, collections
from gallery.images.renditions import RENDITIONS
from gallery.ingest.sweeping import remove_abandoned
from gallery.models import Image, JournalEntry, OutboxEntry, Pair, StoredFile, User
from tests.factories import pair
from tests.judgement import act, case_of
from tests.uploading import upload_photograph, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(media: Path, lena: User) -> list[Image]:
    """Two images that were compared."""
    found = [upload_photograph(lena, seed) for seed in (1, 2)]
    work_off()
    OutboxEntry.objects.all().delete()
    return found


def original(media: Path, image: Image) -> Path:
    return media / str(image.files.get().blob.name)


def told(capsys: pytest.CaptureFixture[str], **words: object) -> list[tuple[str, str, bool]]:
    """What the command finds: check, what, mended. Its exit status must fit."""
    capsys.readouterr()
    status = 0
    try:
        call_command("check_integrity", json=True, **words)
    except CommandError as error:
        status = error.returncode
    said = json.loads(capsys.readouterr().out)
    findings = [(row["check"], row["what"], row["mended"]) for row in said["findings"]]
    assert said["well"] == all(mended for _check, _what, mended in findings)
    assert status == (0 if said["well"] else 1)
    return findings


def test_a_site_that_is_well_is_said_to_be(
    images: list[Image], capsys: pytest.CaptureFixture[str], media: Path
) -> None:
    assert told(capsys) == []
    call_command("check_integrity")
    said = capsys.readouterr().out
    for check, number in {"originals": 2, "renditions": 2, "journals": 2, "index": 4}.items():
        assert f"{check:<12}{number:>10} looked at{0:>8} found" in said


def test_every_way_in_which_an_original_can_be_wrong_is_named(
    images: list[Image], media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = original(media, images[0])
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    ((check, what, _mended),) = told(capsys)
    assert (check, "checksum differs" in what) == ("originals", True)
    assert told(capsys, sample=0.0) == []
    path.write_bytes(content[:-1])
    ((check, what, _mended),) = told(capsys, sample=0.0)
    assert (check, f"{len(content) - 1} bytes, it had {len(content)}" in what) == ("originals", True)
    path.unlink()
    ((check, what, mended),) = told(capsys, repair=True)
    assert (check, "is missing" in what, mended) == ("originals", True, False)


def test_a_purged_file_is_not_missed(images: list[Image], media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = images[0].files.get()
    original(media, images[0]).unlink()
    for name, kind in RENDITIONS.items():
        (media / stored.rendition_key(name, kind.extension)).unlink()
    StoredFile.objects.filter(pk=stored.pk).update(purged_at=timezone.now())
    assert {check for check, _what, _mended in told(capsys)} <= {"orphans"}


def test_an_image_that_names_no_file_is_found(images: list[Image], capsys: pytest.CaptureFixture[str]) -> None:
    StoredFile.objects.filter(image=images[0]).update(blob="")
    assert ("rows", "it was taken in and names no file", False) in told(capsys)


def test_small_copies_that_are_missing_are_made_again(
    images: list[Image], media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = images[0].files.get().rendition_key("thumb", "jpg")
    before = (media / key).read_bytes()
    (media / key).unlink()
    assert told(capsys) == [("renditions", "its small copies are missing: thumb", False)]
    assert told(capsys, repair=True) == [("renditions", "its small copies are missing: thumb", True)]
    assert (media / key).read_bytes() == before
    assert told(capsys) == []


def stray(media: Path, key: str, *, days: float = 2) -> Path:
    path = media / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left over")
    then = (timezone.now() - dt.timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


STRAYS = [
    "originals/zz/zzzzzzzzzzzz.jpg",
    "renditions/zz/zzzzzzzzzzzz/999999-thumb.jpg",
    "renditions/pairs/99/999999/aligned.webp",
    "somebody/elses.txt",
]


@pytest.mark.parametrize("key", STRAYS)
def test_a_file_that_no_row_names_is_told_and_deleted_only_when_asked(
    images: list[Image], media: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    path = stray(media, key)
    assert told(capsys, repair=True) == [("orphans", "no row names this file", False)]
    assert path.exists()
    assert told(capsys, delete_orphans=True) == [("orphans", "no row names this file", True)]
    assert not path.exists()


def test_a_fresh_file_without_a_row_is_left_alone(
    images: list[Image], media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stray(media, STRAYS[0], days=0.1)
    assert told(capsys, delete_orphans=True) == [("orphans", "no row names this file", False)]
    assert path.exists()


def test_an_upload_under_way_is_no_orphan_and_leaves_none_when_it_breaks_off(
    images: list[Image], media: Path, lena: User, capsys: pytest.CaptureFixture[str]
) -> None:
    image = Image.objects.create(owner=lena, created_at=timezone.now() - dt.timedelta(hours=2))
    image.file = StoredFile.objects.create(image=image, content_type="image/jpeg", format="jpeg", bytes=9)
    image.save()
    path = stray(media, f"originals/{image.public_id[:2]}/{image.public_id}.jpg")
    assert told(capsys, delete_orphans=True) == []
    assert remove_abandoned() == 1
    assert not path.exists()


@pytest.mark.parametrize(("stage", "topic"), [("stored", "ingest"), ("indexed", "search"), ("searched", "verify")])
def test_what_waits_without_work_gets_some(
    images: list[Image], capsys: pytest.CaptureFixture[str], stage: str, topic: str
) -> None:
    Image.objects.filter(pk=images[0].pk).update(stage=stage)
    found = told(capsys)
    assert ("work", f"it waits, and no work ({topic}) is asked for", False) in found
    told(capsys, repair=True)
    assert OutboxEntry.objects.filter(topic=topic, key=str(images[0].pk)).exists()
    assert [row for row in told(capsys) if row[0] == "work"] == []


def test_a_candidate_without_work_gets_some(images: list[Image], capsys: pytest.CaptureFixture[str]) -> None:
    Pair.objects.all().delete()
    Pair.objects.create(left=images[0], right=images[1])
    assert told(capsys, repair=True) == [("work", "it waits, and no work (verify) is asked for", True)]
    assert OutboxEntry.objects.filter(topic="verify", key=str(images[1].pk)).exists()


def test_an_index_that_differs_is_told_and_put_right(images: list[Image], capsys: pytest.CaptureFixture[str]) -> None:
    name = collections.name_of_hashes()
    index.load().delete(name, [next(index.load().ids(name))])
    assert told(capsys) == [("index", "it lacks 1 vectors and has 0 too many", False)]
    assert told(capsys, repair=True) == [("index", "it lacks 1 vectors and has 0 too many", True)]
    assert told(capsys) == []
    index.load().drop(name)
    ((_check, what, _mended),) = told(capsys)
    assert "in another state than SQL knows" in what


def tamper_with_an_audit_entry() -> str:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gallery_auditentry SET verb = 'never.happened'")
    return "audit"


def merge_behind_the_journals_back() -> str:
    Image.objects.filter(standing="merged").update(standing="live", merged_into=None)
    return "journals"


def lose_an_entry_of_the_journal() -> str:
    JournalEntry.objects.filter(field="merged_into_id").delete()
    return "journals"


@pytest.mark.parametrize(
    "spoil", [tamper_with_an_audit_entry, merge_behind_the_journals_back, lose_an_entry_of_the_journal]
)
def test_history_that_does_not_add_up_is_named(
    images: list[Image], mara: User, capsys: pytest.CaptureFixture[str], spoil: Callable[[], str]
) -> None:
    _merge(images, mara)
    assert [row for row in told(capsys) if row[0] in {"audit", "journals"}] == []
    expected = spoil()
    assert {check for check, _what, _mended in told(capsys) if check in {"audit", "journals"}} == {expected}


def _merge(images: list[Image], by: User) -> None:
    Pair.objects.all().delete()
    pair(*images)
    cases.refresh([image.pk for image in images])
    act("merge", case_of(*images), by, keeper=images[0].pk, file=images[0].file_id)


@pytest.mark.parametrize("sample", [-1.0, 101.0])
def test_a_share_that_is_none_is_refused(db: None, sample: float) -> None:
    with pytest.raises(CommandError, match="percentage"):
        call_command("check_integrity", sample=sample)
