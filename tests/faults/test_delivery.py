"""The same work told of twice, at once, in parallel and in bulk: the result is that of once."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from pytest_django import Settings

from gallery import outbox
from gallery.ingest.intake import accept
from gallery.models import Image, Pair, Policy, User
from tests import pictures, site
from tests.conftest import change_dedup
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once, upload
from tests.integration.test_near_copies_at_once import rounds_without_one_pair

ROUNDS = 50
COPIES = 300


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


def test_two_near_copies_at_once_become_one_pair_fifty_times(
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


def test_hundreds_of_copies_of_one_picture_make_a_tree_and_no_explosion(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, ingest_batch=16)
    original = pictures.photograph(8, width=400, height=300)
    Policy.objects.update(neighbours=Policy._meta.get_field("neighbours").default)
    with site.worker(tmp_path), site.worker(tmp_path), site.beat(tmp_path):
        for number in range(COPIES):
            copy = pictures.resized(original, 1 - number / 1000)
            load.images.append(upload(load.by, copy, quality=60 + number % 30))
        since = time.monotonic()
        load.wait(seconds=400)
        seconds = time.monotonic() - since
    pairs = list(Pair.objects.filter(state=Pair.State.OPEN).values_list("left", "right"))
    lost = COPIES - len(joined(load.images[0], pairs))
    note(Entry(10, f"{COPIES} copies of one picture", f"once: {len(pairs)} pairs to decide", lost, seconds))
    assert lost == 0
    assert len(pairs) <= COPIES - 1
    effects_happened_once(load.images)
