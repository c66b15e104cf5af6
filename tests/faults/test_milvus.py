"""Milvus hangs, dies, and comes back empty or from an old copy: no pair is missed."""

import shutil
import signal
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from gallery.detection import upkeep
from gallery.models import Image, OutboxEntry
from tests import servers, site
from tests.conftest import change_dedup
from tests.faults.conftest import hung
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once

PAIRS = 8


@pytest.fixture
def port(settings: Settings) -> int:
    """Where this test's own Milvus listens, when it does."""
    port = servers.free_port()
    address = f"http://{servers.HOST}:{port}"
    change_dedup(
        settings, index="milvus", milvus_uri=address, milvus_prefix="f_", milvus_timeout=3.0, work_lease_seconds=15
    )
    return port


def search_is_put_off() -> bool:
    return OutboxEntry.objects.filter(topic="search").exclude(last_problem="").exists()


def test_while_milvus_hangs_images_wait_and_none_is_set_aside(
    broker: str, media: Path, load: Load, tmp_path: Path, port: int
) -> None:
    with servers.milvus(tmp_path / "milvus", port=port) as server, site.worker(tmp_path), site.beat(tmp_path):
        load.add(300)
        load.wait()
        with hung(server.process.pid):
            for seed in range(301, 301 + PAIRS):
                load.add(seed)
            site.wait_for("the search is put off", search_is_put_off)
        over = time.monotonic()
        load.wait()
        seconds = time.monotonic() - over
        note(Entry(5, "Milvus hangs", f"once, during {2 * PAIRS} uploads", load.lost(), seconds))
        assert load.lost() == 0
        assert not Image.objects.filter(stage=Image.Stage.QUARANTINED).exists()
        effects_happened_once(load.images)


def test_a_milvus_killed_in_mid_work_goes_on_where_it_was(
    broker: str, media: Path, load: Load, tmp_path: Path, port: int
) -> None:
    kills = 3
    with site.worker(tmp_path), site.beat(tmp_path):
        for number in range(kills):
            with servers.milvus(tmp_path / "milvus", port=port) as server:
                for seed in range(4):
                    load.add(400 + 10 * number + seed)
                site.wait_for(
                    "some are being searched",
                    Image.objects.filter(stage__in=[Image.Stage.INDEXED, Image.Stage.SEARCHED]).exists,
                )
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
        with servers.milvus(tmp_path / "milvus", port=port):
            over = time.monotonic()
            load.wait()
            seconds = time.monotonic() - over
            injected = f"{kills} times, during {len(load.images)} uploads"
            note(Entry(4, "Milvus killed in mid-work", injected, load.lost(), seconds))
            assert load.lost() == 0
            effects_happened_once(load.images)


@pytest.mark.parametrize("returns", ["empty", "from an old copy", "from a copy of the same minute"])
def test_what_a_milvus_forgot_is_put_back_and_searched_again(
    broker: str, media: Path, load: Load, tmp_path: Path, port: int, returns: str
) -> None:
    old, folder = tmp_path / "old", tmp_path / "milvus"
    with site.worker(tmp_path), site.beat(tmp_path):
        with servers.milvus(folder, port=port):
            load.add_original(500)
            load.wait()
        shutil.copytree(folder, old)
        with servers.milvus(folder, port=port):
            for seed in range(501, 501 + PAIRS):
                load.add_original(seed)
            load.wait()
            if returns != "from a copy of the same minute":
                upkeep.reconcile()  # as beat has it done every minute
        shutil.rmtree(folder)
        if returns != "empty":
            shutil.copytree(old, folder)
        with servers.milvus(folder, port=port):
            over = time.monotonic()
            for seed in range(500, 501 + PAIRS):
                load.add_copy(seed)
            load.wait()
            # Of another minute or empty it is known at the first search; else by its counts, a minute later at most.
            assert (load.missed() == 0) == (returns != "from a copy of the same minute")
            upkeep.check_regularly()
            site.wait_for("all pairs are found", lambda: load.missed() == 0)
            load.wait()
            seconds = time.monotonic() - over
            lost = load.lost()
            note(Entry(6, f"Milvus comes back {returns}", f"{1 + PAIRS} originals forgotten", lost, seconds))
            assert lost == 0
            effects_happened_once(load.images)
