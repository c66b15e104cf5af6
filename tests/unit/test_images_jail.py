"""The decoder behind walls: it finds the same, and whoever takes it over finds nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from pytest_django import Settings

from gallery.errors import Poisoned, Truncated, Unavailable
from gallery.images import jail
from gallery.images.examination import examine
from gallery.images.jail import Jail
from gallery.images.sandbox import Examiner
from gallery.ingest import pipeline
from tests.conftest import change_dedup
from tests.pictures import photograph, written

ROOT = Path(__file__).resolve().parents[2]
MAX_PIXELS = 50_000_000

needs_a_jail = pytest.mark.skipif(bool(jail.missing()), reason=f"NO JAIL IS TRIED: {jail.missing()}")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return written(tmp_path, photograph(1, width=200, height=150, things=10), "photo.jpg")


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    with Examiner(max_pixels=MAX_PIXELS, seconds=20, memory_mb=1_500, jailed=True) as made:
        yield made


@needs_a_jail
def test_the_same_is_found_behind_walls(examiner: Examiner, photo: Path) -> None:
    ours, theirs = examine(photo, max_pixels=MAX_PIXELS), examiner.examine(photo)
    assert (theirs.pixel_hash, theirs.pdq, theirs.renditions) == (ours.pixel_hash, ours.pdq, ours.renditions)
    first = examiner.pid
    examiner.examine(photo)
    assert examiner.pid == first


@needs_a_jail
def test_refusals_and_deaths_are_told_as_without(tmp_path: Path, photo: Path, examiner: Examiner) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[:2_000])
    with pytest.raises(Truncated):
        examiner.examine(broken)
    large = tmp_path / "large.png"
    PIL.Image.new("RGB", (8_000, 6_000)).save(large, compress_level=1)
    with Examiner(max_pixels=MAX_PIXELS, seconds=30, memory_mb=500, jailed=True) as tight:
        with pytest.raises(Poisoned, match="memory"):
            tight.examine(large)
        assert tight.examine(photo).kind == "jpeg"


@needs_a_jail
def test_nothing_is_left_of_what_was_handed_in(examiner: Examiner, photo: Path) -> None:
    examiner.examine(photo)
    assert examiner._jail is not None
    folder = examiner._jail._folder
    assert list(folder.iterdir()) == []
    examiner.close()
    assert not folder.exists()
    assert photo.exists()


PROBES = {
    "a secret of the site's": "open('{secret}').read()",
    "its settings": "open('{root}/dedup_site/settings.py').read()",
    "accounts of the machine": "open('/etc/passwd').read()",
    "another process": "import os; os.kill({pid}, 0)",
    "the network": "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)",
    "a place to write": "open('/job/mine', 'w')",
    "its own programs": "open('{root}/gallery/mine', 'w')",
}


@needs_a_jail
@pytest.mark.parametrize("what", PROBES)
def test_who_takes_the_decoder_over_finds_no_way_out(tmp_path: Path, what: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("everything")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as neighbour:
        values = {"secret": secret, "root": ROOT, "pid": neighbour.pid, "port": 9}
        with Jail(code=ROOT / "gallery") as made:
            words = made.command([sys.executable, "-c", PROBES[what].format(**values)])
            tried = subprocess.run(words, capture_output=True, text=True, check=False)
        neighbour.kill()
    assert tried.returncode == 1
    assert "Error" in tried.stderr


def test_the_setting_puts_the_decoders_of_workers_behind_walls(settings: Settings) -> None:
    assert not pipeline.examiner()._jailed
    change_dedup(settings, decoder_jail=True)
    assert pipeline.examiner()._jailed
    pipeline.end_examiners()


def test_without_bubblewrap_files_wait_and_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    jail.missing.cache_clear()
    try:
        with (
            Examiner(max_pixels=MAX_PIXELS, seconds=5, memory_mb=1_500, jailed=True) as examiner,
            pytest.raises(Unavailable, match="bubblewrap is not installed"),
        ):
            examiner.examine(photo)
    finally:
        jail.missing.cache_clear()
