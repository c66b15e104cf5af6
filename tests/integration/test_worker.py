"""Uploads through real workers: Celery over Redis, the default network, Milvus – and what happens when parts die."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from gallery import embedders, index
from gallery.detection import collections, upkeep
from gallery.ingest.intake import Accepted, accept_many
from gallery.models import Case, Collection, Image, OutboxEntry, Pair, User
from gallery.pictures import Picture
from tests import pictures, servers, site
from tests.conftest import change_dedup
from tests.workers import broker, forget_connections, use_broker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed"),
]

__all__ = ["broker"]


def upload(by: User, *painted: Picture, quality: int = 90) -> list[Image]:
    uploads = [
        SimpleUploadedFile(f"{number}.jpg", pictures.encoded(picture, "JPEG", quality=quality))
        for number, picture in enumerate(painted)
    ]
    results = accept_many(uploads, by=by)
    assert all(isinstance(result, Accepted) for result in results)
    return [result.image for result in results if result.image]


def states() -> list[tuple[int, int, str]]:
    return sorted(Pair.objects.filter(state=Pair.State.OPEN).values_list("left", "right", "state"))


def test_an_edited_copy_becomes_a_case_and_others_do_not(
    broker: str, milvus: str, media: Path, lena: User, otto: User, tmp_path: Path
) -> None:
    original = pictures.photograph(1)
    with site.worker(tmp_path), site.beat(tmp_path):
        (first, other) = upload(lena, original, pictures.photograph(2))
        (copy,) = upload(otto, pictures.captioned(pictures.cropped(original, 0.7)), quality=60)
        site.wait_for("all three are compared", site.all_compared(3))
        site.wait_for("the desk's pictures are drawn", lambda: not OutboxEntry.objects.exists())
    assert states() == [(first.pk, copy.pk, "open")]
    case = Case.objects.get()
    assert set(case.members.filter(live=True).values_list("image", flat=True)) == {first.pk, copy.pk}
    pair = Pair.objects.get(state=Pair.State.OPEN)
    assert pair.tier >= Pair.Tier.REVIEW
    assert pair.evidence
    assert (media / pair.rendition_key("aligned")).is_file()
    assert (media / pair.rendition_key("difference")).is_file()
    assert other.pk not in {
        image for ends in Pair.objects.filter(tier__gte=2).values_list("left", "right") for image in ends
    }


def test_a_worker_killed_in_mid_batch_loses_nothing(
    broker: str, milvus: str, media: Path, lena: User, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, work_lease_seconds=2, ingest_batch=4)
    originals = [pictures.photograph(seed, width=480, height=360) for seed in range(10, 16)]
    with site.beat(tmp_path):
        with site.worker(tmp_path) as doomed:
            upload(lena, *originals)
            upload(lena, *(pictures.resized(picture, 0.6) for picture in originals))
            site.wait_for("a batch is being worked on", OutboxEntry.objects.exclude(lease_token=None).exists)
            site.kill(doomed)
        assert Image.objects.filter(stage=Image.Stage.COMPARED).count() < 12
        with site.worker(tmp_path):
            site.wait_for("all twelve are compared", site.all_compared(12))
    assert len(states()) == 6
    assert not OutboxEntry.objects.filter(topic__in=["ingest", "search", "verify"]).exists()


def test_uploads_while_redis_is_down_are_worked_on_when_it_is_back(
    milvus: str, media: Path, lena: User, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = servers.free_port()
    use_broker(f"redis://{servers.HOST}:{port}/0", settings, monkeypatch)
    picture = pictures.photograph(3, width=480, height=360)
    upload(lena, picture, pictures.resized(picture, 0.7))
    with servers.redis(tmp_path / "redis", port=port), site.worker(tmp_path), site.beat(tmp_path):
        site.wait_for("both are compared", site.all_compared(2))
    assert len(states()) == 1
    forget_connections()


def test_uploads_while_milvus_is_down_wait_and_are_found_when_it_is_back(
    broker: str, media: Path, lena: User, tmp_path: Path, settings: Settings
) -> None:
    port = servers.free_port()
    change_dedup(
        settings, index="milvus", milvus_uri=f"http://{servers.HOST}:{port}", milvus_prefix="down_", milvus_timeout=2
    )
    picture = pictures.photograph(4, width=480, height=360)
    with site.worker(tmp_path), site.beat(tmp_path):
        upload(lena, picture, pictures.resized(picture, 0.7))
        site.wait_for("both wait for the index", lambda: Image.objects.filter(stage=Image.Stage.EMBEDDED).count() == 2)
        site.wait_for(
            "the search was put off", OutboxEntry.objects.filter(topic="search").exclude(last_problem="").exists
        )
        with servers.milvus(tmp_path / "milvus", port=port):
            site.wait_for("both are compared", site.all_compared(2))
    assert len(states()) == 1
    assert not Image.objects.filter(stage=Image.Stage.QUARANTINED).exists()


def test_an_emptied_index_is_filled_again_and_what_was_missed_is_found(
    broker: str, milvus: str, media: Path, lena: User, tmp_path: Path
) -> None:
    picture = pictures.photograph(5, width=480, height=360)
    with site.worker(tmp_path), site.beat(tmp_path):
        upload(lena, picture)
        site.wait_for("it is compared", site.all_compared(1))
        for name in (collections.name_of("sscd"), collections.name_of_hashes()):
            index.load().drop(name)
        upload(lena, pictures.resized(picture, 0.7))
        site.wait_for("the copy is compared", site.all_compared(2))
        site.wait_for("the pair is found", lambda: len(states()) == 1)
    assert Collection.objects.exclude(repaired_at=None).count() == 2
    assert all(repair.is_clean for repair in upkeep.reconcile())
