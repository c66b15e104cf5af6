"""An index that is not the one that SQL knows: nothing is searched in it until it was put right, and then all is."""

import shutil
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from structlog.testing import capture_logs

from gallery import index, outbox, tasks
from gallery.detection import collections, epochs, upkeep
from gallery.errors import Unavailable
from gallery.models import Collection, Fingerprint, Image, OutboxEntry, Pair, User
from tests import servers
from tests.conftest import change_dedup
from tests.uploading import upload_photograph, work_off

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    return sorted(Collection.objects.values_list("name", flat=True))


def stages() -> list[str]:
    return list(Image.objects.order_by("pk").values_list("stage", flat=True))


def put_off_work_is_due() -> None:
    OutboxEntry.objects.update(next_at=timezone.now())


@pytest.fixture
def compared(media: Path, lena: User) -> Image:
    image = upload_photograph(lena, 1)
    work_off()
    return image


def test_index_and_sql_agree_from_the_first_image_on(compared: Image) -> None:
    assert stages() == ["compared"]
    assert all(epochs.agrees(index.load(), name) for name in names())


def test_every_upkeep_leaves_one_fresh_mark(compared: Image) -> None:
    client, name = index.load(), names()[0]
    (before,) = client.marks(name)
    upkeep.reconcile()
    (after,) = client.marks(name)
    assert after != before
    assert epochs.agrees(client, name)


def test_looking_without_repair_leaves_the_mark(compared: Image) -> None:
    client, name = index.load(), names()[0]
    before = client.marks(name)
    upkeep.reconcile(repair=False)
    assert client.marks(name) == before


def test_an_emptied_index_is_searched_only_when_it_is_full_again(compared: Image, lena: User) -> None:
    for name in names():
        index.load().drop(name)
    upload_photograph(lena, 1, smaller=True)
    with capture_logs() as logs:
        tasks.work_on("ingest")
        tasks.work_on("search")
    assert stages() == ["compared", "indexed"]
    assert Collection.objects.astray().count() == 2
    assert [entry["event"] for entry in logs if entry["event"] == "index_astray"]
    assert OutboxEntry.objects.filter(topic="reconcile").count() == 1
    tasks.work_on("reconcile")
    assert not Collection.objects.astray().exists()
    put_off_work_is_due()
    work_off()
    assert stages() == ["compared", "compared"]
    assert Pair.objects.filter(state=Pair.State.OPEN).count() == 1


def test_ids_that_mean_other_pictures_are_written_anew(compared: Image, lena: User) -> None:
    """The database came back from a backup: the index knows ids that the database gives to others now."""
    client, hashes = index.load(), collections.name_of_hashes()
    known = Fingerprint.objects.get()
    before = collections.upright_hashes([known])
    client.upsert(hashes, [known.pk + 1], before)
    upload_photograph(lena, 2)
    tasks.work_on("ingest")  # it has an id that the index knows of another picture, and is not inserted yet
    fresh = Fingerprint.objects.latest("pk")
    client.upsert(hashes, [known.pk, fresh.pk], collections.upright_hashes([fresh, known]))
    Collection.objects.update(epoch="00000000-0000-4000-8000-000000000000")
    found = {repair.name: repair for repair in upkeep.reconcile()}[hashes]
    assert (found.astray, found.missing) == (True, 0)
    assert found.surplus >= 1
    (row,) = client.search(hashes, before, k=5, floor=0.99)
    assert [hit.id for hit in row] == [known.pk]
    put_off_work_is_due()
    work_off()
    assert stages() == ["compared", "compared"]
    assert not Pair.objects.filter(pdq_distance__lt=32).exists()


def test_a_new_database_does_not_trust_an_index_that_is_there_already(media: Path, lena: User) -> None:
    client, hashes = index.load(), collections.name_of_hashes()
    client.ensure(hashes, 256)
    client.upsert(hashes, [77], collections.upright_hashes([Fingerprint(pdq=bytes(range(256)))]))
    upload_photograph(lena, 1)
    tasks.work_on("ingest")
    tasks.work_on("search")
    assert stages() == ["indexed"]
    tasks.work_on("reconcile")
    put_off_work_is_due()
    work_off()
    assert stages() == ["compared"]
    assert list(client.ids(hashes)) == [Fingerprint.objects.get().pk]


def test_a_process_that_ends_while_it_marks_leaves_both_in_agreement(compared: Image) -> None:
    client, name = index.load(), names()[0]
    client.mark(name, 12_345)
    assert epochs.agrees(client, name)
    upkeep.reconcile()
    assert epochs.agrees(client, name)


def test_upkeep_that_was_set_aside_is_tried_again_by_the_minute(compared: Image) -> None:
    outbox.send("reconcile", key="index")
    OutboxEntry.objects.filter(topic="reconcile").update(quarantined_at=timezone.now(), attempts=3)
    tasks.check_index()
    tasks.work_on("reconcile")
    assert not OutboxEntry.objects.filter(topic="reconcile").exists()


def test_dashboard_and_readiness_say_that_the_index_is_astray(
    compared: Image, client: Client, mara: User, settings: Settings
) -> None:
    client.force_login(mara)
    assert "another state" not in client.get("/review/").content.decode()
    Collection.objects.update(astray_since=timezone.now())
    page = client.get("/review/").content.decode()
    assert "The index holds another state than the database" in page
    assert "being put right" in page
    metrics = client.get("/metrics").content.decode()
    assert "dedup_index_astray 2.0" in metrics


@pytest.mark.django_db(transaction=True)
def test_readiness_names_an_index_that_is_astray(client: Client, media: Path) -> None:
    Collection.objects.create(name="img_sscd", dimensions=512, astray_since=timezone.now())
    answer = client.get("/readyz").json()["neighbours"]["milvus"]
    assert not answer["well"]
    assert "another state" in answer["sentence"]


@pytest.fixture
def own_milvus(tmp_path: Path, settings: Settings) -> tuple[Path, int]:
    """Where this test's own Milvus keeps its data, and its port."""
    port = servers.free_port()
    change_dedup(settings, index="milvus", milvus_uri=f"http://{servers.HOST}:{port}", milvus_prefix="e_")
    return tmp_path / "milvus", port


def test_a_milvus_that_comes_back_from_an_old_copy_is_not_believed(
    own_milvus: tuple[Path, int], tmp_path: Path, media: Path, lena: User
) -> None:
    folder, port = own_milvus
    with servers.milvus(folder, port=port):
        upload_photograph(lena, 1)
        work_off()
    shutil.copytree(folder, tmp_path / "old")
    with servers.milvus(folder, port=port):
        upload_photograph(lena, 2)
        work_off()
        tasks.check_index()  # as every minute
        work_off()
    shutil.rmtree(folder)
    (tmp_path / "old").rename(folder)
    with servers.milvus(folder, port=port):
        upload_photograph(lena, 2, smaller=True)
        tasks.work_on("ingest")
        tasks.work_on("search")
        assert stages() == ["compared", "compared", "indexed"]
        assert not Pair.objects.filter(state=Pair.State.OPEN).exists()
        with pytest.raises(Unavailable, match="state"):
            epochs.confirm(index.load(), names())
        work_off()
        put_off_work_is_due()
        work_off()
        assert stages() == ["compared"] * 3
        assert Pair.objects.filter(state=Pair.State.OPEN).count() == 1
