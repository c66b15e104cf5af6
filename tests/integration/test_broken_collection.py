"""A collection of malformed and hostile files, where there is one beside the repository, through the real site."""

import csv
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery import embedders
from gallery.models import Image, OutboxEntry, User
from tests.doors import Door, arriving, files_in
from tests.uploading import work_off

__all__ = ["arriving"]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BATCH = 20
SECONDS_A_FILE = 3.0
"""On average, on a machine that is busy with other tests: hostile files take no more time than good ones."""

Stage = Image.Stage


def found() -> list[Path]:
    listing = DATA / "broken.csv"
    if not listing.exists():
        return []
    with listing.open(newline="", encoding="utf-8") as file:
        return [path for row in csv.DictReader(file) if (path := DATA / row["path"]).is_file()]


FILES = found()


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.skipif(not FILES, reason="there is no collection beside the repository")
@pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed")
@pytest.mark.parametrize("start", range(0, len(FILES), BATCH))
def test_hostile_files_are_accepted_or_refused_and_nothing_else(
    start: int, lena: User, media: Path, arriving: Path
) -> None:
    batch = FILES[start : start + BATCH]
    door = Door(lena, "page")
    started = time.monotonic()
    response = door.post([SimpleUploadedFile(path.name, path.read_bytes()) for path in batch])
    assert response.status_code in (200, 202, 413, 415, 422)
    assert list(arriving.iterdir()) == []
    work_off()
    assert time.monotonic() - started < SECONDS_A_FILE * BATCH
    ended = {Stage.COMPARED, Stage.REJECTED, Stage.QUARANTINED}
    assert set(Image.objects.values_list("stage", flat=True)) <= ended | {Stage.STORED}
    for image in Image.objects.filter(stage=Stage.REJECTED):
        assert image.refusal_code
        assert image.refusal.endswith(".")
    # What the decoder died of waits for its next attempt; nothing else waits.
    assert OutboxEntry.objects.count() == Image.objects.filter(stage=Stage.STORED).count()
    for image in Image.objects.filter(stage=Stage.STORED):
        assert OutboxEntry.objects.get(key=image.pk).last_problem
    kept = Image.objects.exclude(stage=Stage.REJECTED).count()
    assert len([path for path in files_in(media) if "originals" in path.parts]) == kept
    reader = Client()
    reader.force_login(lena)
    assert reader.get("/uploads/").status_code == 200
