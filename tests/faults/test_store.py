"""The store of files hangs, goes away or is full: no upload is taken that is not safe, and none is half there."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from gallery.errors import Unavailable
from gallery.ingest.intake import accept
from gallery.models import ApiToken, Image, OutboxEntry, Pair, StoredFile, User
from tests import pictures, servers, site
from tests.faults.conftest import hung
from tests.faults.ledger import Entry, note
from tests.faults.load import FINAL, HEIGHT, WIDTH, Load
from tests.faults.web import Web, manage, web

PATIENCE_SECONDS = 10
"""An upload is told within this time that the store does not answer."""

DISK_KB = 512


def in_bucket(environment: dict[str, str], account: servers.S3) -> dict[str, str]:
    """``environment`` of a site that keeps its files there."""
    keys = {"S3_ACCESS_KEY": account.access_key, "S3_SECRET_KEY": account.secret_key}
    place = {"S3_BUCKET": "pictures", "S3_ENDPOINT_URL": account.endpoint_url, "S3_ADDRESSING_STYLE": "path"}
    return {**environment, **keys, **place}


def contents(seed: int) -> list[bytes]:
    """A picture and a smaller copy of it."""
    original = pictures.photograph(seed, width=WIDTH, height=HEIGHT)
    return [pictures.encoded(original), pictures.encoded(pictures.resized(original, 0.75), quality=70)]


def all_ended() -> bool:
    return not Image.objects.exclude(stage__in=FINAL).exists()


def refused_in_time(site_of_test: Web, seeds: range) -> int:
    """How many uploads were sent; each is told in time to come again."""
    answers = [site_of_test.upload(content) for seed in seeds for content in contents(seed)]
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) < PATIENCE_SECONDS
    assert all(int(answer.retry_after) > 0 for answer in answers)
    return len(answers)


def test_while_the_bucket_hangs_or_is_away_uploads_are_told_to_come_again(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path
) -> None:
    token = ApiToken.objects.issue(load.by, name="faults")[1]
    with servers.s3_and_process(tmp_path / "s3") as (account, process):
        environment = in_bucket(site.environment_of(tmp_path), account)
        manage(environment, "prepare_storage")
        with (
            web(tmp_path, environment, token=token) as site_of_test,
            site.worker(tmp_path, environment=environment),
            site.beat(tmp_path, environment=environment),
        ):
            for content in contents(800):
                assert site_of_test.upload(content).status == 202
            with hung(process.pid):  # also for the worker, which is to fetch the two
                sent = refused_in_time(site_of_test, range(801, 803))
                assert not StoredFile.objects.filter(blob="").exclude(image__stage=Image.Stage.RECEIVING).exists()
            over = time.monotonic()
            given = [site_of_test.upload(content).status for seed in (801, 802) for content in contents(seed)]
            site.wait_for("all are compared", all_ended)
            site.wait_for("each is paired with its copy", lambda: _pairs() == 3)
            seconds = time.monotonic() - over
            process.kill()
            process.wait()
            sent += refused_in_time(site_of_test, range(803, 804))
    lost = given.count(503) + Image.objects.filter(stage=Image.Stage.QUARANTINED).count()
    note(Entry(12, "Bucket hangs, and is gone", f"{sent} uploads told to come again", lost, seconds))
    assert (lost, Image.objects.filter(stage=Image.Stage.COMPARED).count()) == (0, 6)


def _pairs() -> int:
    return Pair.objects.filter(state=Pair.State.OPEN).count()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of :data:`DISK_KB` at ``folder``, where one may be mounted."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode != 0:
        pytest.skip("Nobody but root may mount a small disk.")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_takes_nothing_by_halves(media: Path, lena: User, settings: Settings) -> None:
    large = pictures.encoded(pictures.photograph(5, width=900, height=700), quality=98)
    assert DISK_KB * 512 < len(large) < DISK_KB * 1024
    with small_disk(media):
        filler = media / "filler"
        filler.write_bytes(b"x" * (DISK_KB * 512))
        for _again in range(3):
            with pytest.raises(Unavailable):
                accept(SimpleUploadedFile("large.jpg", large), by=lena)
        (image,) = Image.objects.all()
        assert (image.stage, OutboxEntry.objects.count()) == (Image.Stage.RECEIVING, 0)
        filler.unlink()
        since = time.monotonic()
        accepted = accept(SimpleUploadedFile("large.jpg", large), by=lena)
        seconds = time.monotonic() - since
        stored = accepted.image.files.get()
        with stored.blob.open("rb") as kept:
            whole = kept.read() == large
    note(Entry(13, "Disk full", "3 uploads told to come again", 0 if whole else 1, seconds))
    assert whole
    assert (accepted.image.pk, accepted.image.stage) == (image.pk, Image.Stage.STORED)
