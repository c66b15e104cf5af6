"""The site changes under load: another network, other workers, and messages of another version."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from celery import current_app
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from gallery import embedders, outbox
from gallery.models import Embedding, Image, OutboxEntry, Pair, Policy, User
from tests import site
from tests.conftest import change_dedup
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once

OLD, NEW = "sscd_distilled", "sscd"
PAIRS = 12
DEPLOYS = 4
SIMILARITIES = ("similarity_floor", "similarity_weak", "similarity_review")


@contextmanager
def uploading(load: Load, *, seed: int) -> Iterator[None]:
    """Pairs are uploaded while the block runs, and all of them by its end."""

    def upload() -> None:
        try:
            for number in range(PAIRS):
                load.add(seed + number)
                time.sleep(0.2)
        finally:
            connections.close_all()

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_another_network_in_mid_ingest_leaves_no_gap_and_mixes_no_scores(
    broker: str, milvus: str, media: Path, load: Load, ada: User, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, ingest_batch=4)
    usual = Policy()
    Policy.objects.update(
        **{name: getattr(usual, name) for name in SIMILARITIES}
    )  # no policy is published that flags every stored pair
    with site.worker(tmp_path), site.beat(tmp_path):
        for seed in range(900, 904):
            load.add_original(seed)
        load.wait()
        with uploading(load, seed=910):
            call_command("reindex", embedder=NEW, switch=True, by="ada")
        over = time.monotonic()
        for seed in range(900, 904):  # the original was read by the one network, its copy is by the other
            load.add_copy(seed)
        load.wait()
        seconds = time.monotonic() - over
    note(Entry(14, "Another network in mid-ingest", f"once, during {len(load.images)} uploads", load.lost(), seconds))
    assert load.lost() == 0
    assert Policy.objects.in_force().embedder == NEW
    read = Embedding.objects.of_model(embedders.key_of(NEW)).filter(view=Embedding.View.WHOLE)
    assert read.filter(fingerprint__file__image__in=load.images).count() == len(load.images)
    for left, right, key in Pair.objects.exclude(similarity=None).values_list("left", "right", "model_key"):
        both = Embedding.objects.of_model(key).filter(fingerprint__file__image__in=[left, right])
        assert set(both.values_list("fingerprint__file__image", flat=True)) == {left, right}


def send_what_another_version_sends() -> None:
    """Tasks that this version does not know or knows otherwise, and work of a topic of tomorrow."""
    for name, words in (("gallery.of_tomorrow", []), ("gallery.ingest", [1, 2]), ("gallery.search", ["all"])):
        current_app.send_task(name, args=words, retry=False)
    outbox.send("of_tomorrow", key="7")


def test_workers_replaced_in_mid_work_and_messages_of_another_version_lose_nothing(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, work_lease_seconds=10, ingest_batch=4)
    with site.beat(tmp_path), ExitStack() as stack:
        running = [stack.enter_context(site.worker(tmp_path)) for _ in range(2)]
        with uploading(load, seed=950):
            for number in range(DEPLOYS):
                send_what_another_version_sends()
                # The new one comes before the old one is told to end: both are at work for a while.
                running.append(stack.enter_context(site.worker(tmp_path)))
                old = running.pop(0)
                old.terminate()
                if number % 2:
                    site.kill(old)  # it was given no time
        over = time.monotonic()
        load.wait()
        seconds = time.monotonic() - over
    injected = f"{DEPLOYS} workers replaced, 2 of them without warning, during {len(load.images)} uploads"
    note(Entry(15, "New version while work is under way", injected, load.lost(), seconds))
    assert load.lost() == 0
    assert not Image.objects.filter(stage=Image.Stage.QUARANTINED).exists()
    waiting = OutboxEntry.objects.get(topic="of_tomorrow")
    assert (waiting.attempts, waiting.quarantined_at) == (0, None)  # it waits for whoever knows what it is
    effects_happened_once(load.images)
