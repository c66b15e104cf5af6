"""The same work told of twice, at once, in parallel and in bulk: the result is that of once."""

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from pytest_django import Settings

from gallery import outbox
from gallery.detection.groups import Group
from gallery.ingest.intake import accept
from gallery.models import BulkJob, Case, Decision, Image, Pair, Policy, User
from gallery.pictures import Picture
from gallery.review import batch_jobs, batches, queue
from gallery.review.batch_jobs import Seen
from tests import pictures, site
from tests.conftest import change_dedup
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once
from tests.integration.test_near_copies_at_once import rounds_without_one_pair

ROUNDS = 150
COPIES = int(os.environ.get("FAULTS_COPIES", "1000"))
MOST_SECONDS = max(300, COPIES // 2)


def test_a_flood_of_doubled_messages_changes_nothing(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, ingest_batch=2)
    rung = 0
    with site.worker(tmp_path, concurrency=2), site.worker(tmp_path), site.beat(tmp_path):
        for number in range(10):
            load.add(600 + number)
            for topic in ("ingest", "search", "verify", "align", "sweep") * 4:
                rung += outbox.announce(topic)
        over = time.monotonic()
        load.wait()
        seconds = time.monotonic() - over
    note(Entry(8, "The same tasks again and in parallel", f"{rung} for 20 images", load.lost(), seconds))
    assert rung == 200
    assert load.lost() == 0
    effects_happened_once(load.images)


def test_the_same_file_from_many_requests_at_once_is_one_image(media: Path, lena: User) -> None:
    content = pictures.encoded(pictures.photograph(9, width=200, height=150))

    def send(_number: int) -> int:
        try:
            return accept(SimpleUploadedFile("photo.jpg", content), by=lena).image.pk
        finally:
            connections.close_all()

    since = time.monotonic()
    with ThreadPoolExecutor(8) as requests:
        answers = set(requests.map(send, range(40)))
    lost = 0 if Image.objects.filter(pk__in=answers).count() == Image.objects.count() == 1 else 1
    note(Entry(9, "One file in many requests at once", "40 requests, 8 at a time", lost, time.monotonic() - since))
    assert lost == 0


def test_two_near_copies_at_once_become_one_pair_every_time(
    milvus: str, media: Path, lena: User, tmp_path: Path
) -> None:
    since = time.monotonic()
    wrong = rounds_without_one_pair(lena, tmp_path, rounds=ROUNDS)
    seconds = (time.monotonic() - since) / ROUNDS
    note(Entry(7, "Two near-copies at the same moment", f"{ROUNDS} times", len(wrong), seconds))
    assert wrong == []


def joined(start: int, pairs: list[tuple[int, int]]) -> set[int]:
    """The images that ``pairs`` connect with ``start``, itself among them."""
    reached = {start}
    while fresh := {image for ends in pairs if reached & set(ends) for image in ends} - reached:
        reached |= fresh
    return reached


def saved_again(content: bytes, number: int) -> bytes:
    """The same JPEG with another remark in it, as programs leave one when they save a picture."""
    remark = f"saved {number} times".encode()
    return content[:2] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2, "big") + remark + content[2:]


def copies(original: Picture) -> Iterator[bytes]:
    """Copies that differ in their bytes, and every tenth in its pixels, too."""
    plain = pictures.encoded(original, quality=90)
    for number in range(COPIES):
        if number % 10:
            yield saved_again(plain, number)
        else:
            yield pictures.encoded(pictures.resized(original, 1 - number / 8000), quality=60 + number // 10 % 30)


@pytest.mark.timeout(4 * MOST_SECONDS)
def test_a_flood_of_copies_of_one_picture_make_a_tree_and_one_question(
    broker: str, milvus: str, media: Path, load: Load, mara: User, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, ingest_batch=16)
    original = pictures.photograph(8, width=200, height=150)
    Policy.objects.update(neighbours=Policy._meta.get_field("neighbours").default)
    with site.worker(tmp_path), site.worker(tmp_path), site.beat(tmp_path):
        since = time.monotonic()
        for content in copies(original):
            load.images.append(accept(SimpleUploadedFile("photo.jpg", content), by=load.by).image.pk)
        load.wait(seconds=MOST_SECONDS)
        they_make_a_tree(load, seconds=time.monotonic() - since)
        (entry,) = queue.waiting_for(mara)
        batch = batches.of(entry)
        assert batch is not None
        assert (entry.batch_size, batch.images) == (COPIES, set(load.images))
        since = time.monotonic()
        job = merged_into_one(entry, batch, mara)
        seconds = time.monotonic() - since
        load.wait(seconds=MOST_SECONDS)
    lost = COPIES - 1 - Image.objects.filter(merged_into=job.keeper).count()
    answered = f"one job: {Decision.objects.count()} decisions"
    note(Entry(10, f"{COPIES} copies of one picture, answered at once", answered, lost, seconds))
    assert lost == 0
    assert not Case.objects.open().exists()
    assert not Pair.objects.filter(state__in=[Pair.State.OPEN, Pair.State.CANDIDATE]).exists()


def merged_into_one(entry: Case, batch: Group, by: User) -> BulkJob:
    """The job of one answer to all of them, at its end."""
    (best, *_others) = batches.keepers(batch.images, by)
    seen = str(Seen.of(batch))
    job = batch_jobs.start(by, entry, job_id=uuid.uuid4(), action="merge", seen=seen, keeper=best.pk)
    ended = BulkJob.objects.filter(pk=job.pk, state=BulkJob.State.DONE)
    site.wait_for("the batch is merged", ended.exists, seconds=MOST_SECONDS)
    return job


def they_make_a_tree(load: Load, *, seconds: float) -> None:
    """Of n copies n - 1 pairs are to be decided, and all of them hang together."""
    pairs = list(Pair.objects.filter(state=Pair.State.OPEN).values_list("left", "right"))
    lost = COPIES - len(joined(load.images[0], pairs))
    note(Entry(10, f"{COPIES} copies of one picture", f"once: {len(pairs)} pairs to decide", lost, seconds))
    assert lost == 0
    assert len(pairs) <= COPIES - 1
    assert seconds < MOST_SECONDS
    cap = Policy.objects.in_force().case_cap
    sizes = list(Case.objects.open().values_list("size", flat=True))
    assert max(sizes) == cap  # the others wait until there is room
    effects_happened_once(load.images)
