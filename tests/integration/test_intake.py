"""What happens to an upload at the door."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery.errors import NoFile, TooManyFiles, TooManyUploads, Unavailable
from gallery.ingest.intake import Accepted, Refused, accept, accept_all, accept_many
from gallery.ingest.sweeping import remove_abandoned
from gallery.models import Image, OutboxEntry, StoredFile, User
from tests import pictures
from tests.conftest import change_dedup

pytestmark = pytest.mark.django_db


def jpeg(seed: int = 0, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.encoded(pictures.photograph(seed, width=160, height=120), "JPEG"))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_accepted_upload_has_row_bytes_and_work(media: Path, lena: User) -> None:
    accepted = accept(jpeg(), by=lena)
    image = Image.objects.get(pk=accepted.image.pk)
    assert accepted.created
    assert image.stage == Image.Stage.STORED
    assert image.file is not None
    assert (image.file.width, image.file.height, image.file.format) == (160, 120, "jpeg")
    with image.file.blob.open("rb") as kept:
        assert kept.read() == pictures.encoded(pictures.photograph(0, width=160, height=120), "JPEG")
    assert OutboxEntry.objects.get().topic == "ingest"


def test_the_key_in_the_store_is_never_made_of_the_name(media: Path, lena: User) -> None:
    accept(jpeg(name="../../etc/passwd\x00.jpg"), by=lena)
    (kept,) = files_in(media)
    assert "passwd" not in str(kept.relative_to(media))
    assert StoredFile.objects.get().original_name == "passwd.jpg"


def test_the_same_file_of_the_same_person_is_one_row(media: Path, lena: User) -> None:
    first = accept(jpeg(), by=lena)
    again = accept(jpeg(name="other-name.jpg"), by=lena)
    assert not again.created
    assert again.image == first.image
    assert Image.objects.count() == 1


def test_the_same_file_of_somebody_else_is_an_upload_of_its_own(media: Path, lena: User, otto: User) -> None:
    accept(jpeg(), by=lena)
    assert accept(jpeg(), by=otto).created
    assert Image.objects.count() == 2


def test_a_removed_image_may_be_uploaded_again(media: Path, lena: User) -> None:
    first = accept(jpeg(), by=lena)
    Image.objects.filter(pk=first.image.pk).update(standing=Image.Standing.REMOVED)
    assert accept(jpeg(), by=lena).created


def test_a_reupload_of_an_absorbed_file_is_its_keeper(media: Path, lena: User) -> None:
    keeper, absorbed = accept(jpeg(1), by=lena).image, accept(jpeg(2), by=lena).image
    Image.objects.filter(pk=absorbed.pk).update(standing=Image.Standing.MERGED, merged_into=keeper)
    assert accept(jpeg(2), by=lena) == Accepted(keeper, created=False)


def test_an_upload_that_broke_off_goes_on_when_it_is_sent_again(media: Path, lena: User) -> None:
    image = accept(jpeg(), by=lena).image
    Image.objects.filter(pk=image.pk).update(stage=Image.Stage.RECEIVING)
    OutboxEntry.objects.all().delete()
    assert accept(jpeg(), by=lena).image == image
    assert Image.objects.get().stage == Image.Stage.STORED
    assert OutboxEntry.objects.count() == 1


def test_one_bad_file_never_fails_its_neighbours(media: Path, lena: User) -> None:
    uploads = [jpeg(1), SimpleUploadedFile("empty.jpg", b""), SimpleUploadedFile("page.jpg", b"<html>"), jpeg(2)]
    good, empty, page, also_good = accept_many(uploads, by=lena)
    assert isinstance(good, Accepted)
    assert isinstance(also_good, Accepted)
    assert isinstance(empty, Refused)
    assert (empty.code, empty.status) == ("empty", 422)
    assert isinstance(page, Refused)
    assert (page.code, page.status) == ("unsupported_type", 415)
    assert page.image is not None
    assert page.image.stage == Image.Stage.REJECTED
    assert page.image.name == "page.jpg"
    assert len(files_in(media)) == 2


def test_several_files_take_no_more_statements_than_one(media: Path, lena: User) -> None:
    counts = []
    for seeds in ((1,), tuple(range(2, 12))):
        with CaptureQueriesContext(connection) as asked:
            accept_all([jpeg(seed) for seed in seeds], by=lena)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert OutboxEntry.objects.count() == Image.objects.filter(stage=Image.Stage.STORED).count() == 11


def test_the_same_file_twice_in_one_upload_is_one_image(media: Path, lena: User) -> None:
    first, second = accept_many([jpeg(1), jpeg(1, name="again.jpg")], by=lena)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.created, second.created) == (True, False)
    assert first.image == second.image
    assert Image.objects.get().stage == Image.Stage.STORED


def test_what_was_stored_before_the_store_failed_is_accepted(media: Path, lena: User) -> None:
    class Unreadable(SimpleUploadedFile):
        """It can be read twice, for its kind and its sha256; then its disk fails."""

        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            self.reads = getattr(self, "reads", 0) + 1
            if self.reads > 1:
                raise OSError("the disk fails")
            return super().chunks(chunk_size)

    broken = Unreadable("broken.jpg", pictures.encoded(pictures.photograph(2, width=160, height=120), "JPEG"))
    with pytest.raises(Unavailable):
        accept_all([jpeg(1), broken, jpeg(3)], by=lena)
    stages = list(Image.objects.order_by("pk").values_list("stage", flat=True))
    assert stages == [Image.Stage.STORED, Image.Stage.RECEIVING, Image.Stage.RECEIVING]
    assert OutboxEntry.objects.count() == 1


def test_a_file_above_the_limit_is_refused_with_the_limit(media: Path, lena: User, settings: Settings) -> None:
    change_dedup(settings, max_upload_bytes=1024 * 1024)
    (refused,) = accept_many([SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + b"0" * 2_000_000)], by=lena)
    assert isinstance(refused, Refused)
    assert refused.status == 413
    assert "larger than 1 MB" in refused.sentence


def test_too_many_and_no_files_are_refused_whole(lena: User, settings: Settings) -> None:
    change_dedup(settings, max_files=2)
    with pytest.raises(TooManyFiles, match="3 files"):
        accept_many([jpeg(1), jpeg(2), jpeg(3)], by=lena)
    with pytest.raises(NoFile):
        accept_many([], by=lena)
    assert not Image.objects.exists()


def test_the_quota_of_an_hour_holds_and_ends(media: Path, lena: User, settings: Settings) -> None:
    change_dedup(settings, uploads_per_hour=1)
    accept_many([jpeg(1)], by=lena)
    with pytest.raises(TooManyUploads) as caught:
        accept_many([jpeg(2)], by=lena)
    assert caught.value.retry_after > 0
    Image.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    assert isinstance(accept_many([jpeg(2)], by=lena)[0], Accepted)


def test_a_store_that_fails_is_said_and_the_upload_can_be_sent_again(media: Path, lena: User) -> None:
    media.joinpath("originals").write_text("a file where the folder should be: writing fails, also for root")
    with pytest.raises(Unavailable) as caught:
        accept(jpeg(), by=lena)
    assert caught.value.neighbour == "storage"
    assert not OutboxEntry.objects.exists()
    media.joinpath("originals").unlink()
    assert accept(jpeg(), by=lena).image.stage == Image.Stage.STORED
    assert Image.objects.count() == 1


def test_an_upload_whose_bytes_never_came_is_removed_after_an_hour(media: Path, lena: User) -> None:
    image = accept(jpeg(), by=lena).image
    Image.objects.filter(pk=image.pk).update(stage=Image.Stage.RECEIVING)
    assert remove_abandoned() == 0
    Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - dt.timedelta(hours=2))
    assert remove_abandoned() == 1
    assert not Image.objects.exists()
    assert files_in(media) == []
