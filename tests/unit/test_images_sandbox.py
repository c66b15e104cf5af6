"""The child process that decodes: what it says, and what happens when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gallery.errors import EmptyFile, Poisoned, TooManyPixels, Truncated, Unavailable, UnsupportedType
from gallery.images import wire
from gallery.images.examination import Examination, examine
from gallery.images.sandbox import Examiner
from tests.pictures import cut_out, photograph, screenshot, written

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    with Examiner(max_pixels=50_000_000, seconds=20, memory_mb=1_500) as examiner:
        yield examiner


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return written(tmp_path, photograph(1, width=200, height=150, things=10), "photo.jpg")


def same(one: Examination, other: Examination) -> bool:
    squares = np.array_equal(one.whole, other.whole) and np.array_equal(one.region, other.region)  # type: ignore[arg-type]  # None equals None
    rest = {"whole", "region", "over_black"}
    dark, as_dark = one.over_black, other.over_black
    if dark is None or as_dark is None:
        squares &= dark is as_dark
    else:
        squares &= np.array_equal(dark.square, as_dark.square) and dark.pdq == as_dark.pdq
    return squares and all(getattr(one, name) == getattr(other, name) for name in vars(one).keys() - rest)


def test_the_child_finds_what_we_would_find(examiner: Examiner, tmp_path: Path, photo: Path) -> None:
    screen = written(tmp_path, screenshot(photograph(2)), "screen.png")
    glass = written(tmp_path, cut_out(photograph(3)), "glass.png")
    for path in (photo, screen, glass):
        assert same(examiner.examine(path), examine(path, max_pixels=50_000_000))
    assert examiner.examine(screen).region_box is not None
    assert examiner.examine(glass).over_black is not None


def test_one_child_serves_many_files(examiner: Examiner, photo: Path) -> None:
    examiner.examine(photo)
    first = examiner.pid
    examiner.examine(photo)
    assert examiner.pid == first is not None


def test_refusals_come_back_as_themselves(examiner: Examiner, tmp_path: Path, photo: Path) -> None:
    files = {
        EmptyFile: b"",
        UnsupportedType: b"<svg onload='alert(1)'/>",
        Truncated: photo.read_bytes()[:2_000],
    }
    for kind, content in files.items():
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(kind) as ours:
            examine(tmp_path / "file", max_pixels=50_000_000)
        with pytest.raises(kind) as theirs:
            examiner.examine(tmp_path / "file")
        assert str(theirs.value) == str(ours.value)
    examiner.examine(photo)


def test_the_limit_of_pixels_holds_in_the_child(photo: Path) -> None:
    with Examiner(max_pixels=100, seconds=5, memory_mb=1_500) as strict, pytest.raises(TooManyPixels):
        strict.examine(photo)


def test_a_missing_file_is_nobodys_poison(examiner: Examiner, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        examiner.examine(tmp_path / "nothing.jpg")


def test_names_of_any_bytes_are_found(examiner: Examiner, tmp_path: Path, photo: Path) -> None:
    for name in ("naïve ünïcode 📷.jpg", "line\nbreak.jpg", os.fsdecode(b"latin-\xe9.jpg")):
        (tmp_path / name).write_bytes(photo.read_bytes())
        assert examiner.examine(tmp_path / name).width == 200


def test_a_killed_child_is_replaced(examiner: Examiner, photo: Path) -> None:
    examiner.examine(photo)
    first = examiner.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for_death(first)

    assert examiner.examine(photo).width == 200
    assert examiner.pid != first


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGABRT"])
def test_a_crash_in_the_middle_poisons_the_file_only(tmp_path: Path, photo: Path, name: str) -> None:
    with Examiner(max_pixels=50_000_000, seconds=20, memory_mb=1_500) as examiner:
        examiner.examine(photo)
        pid = examiner.pid
        assert pid is not None
        blocked = fifo(tmp_path)
        killer = threading.Timer(0.3, os.kill, (pid, signal.Signals[name]))
        killer.start()
        with pytest.raises(Poisoned, match=name):
            examiner.examine(blocked)
        killer.join()
        assert examiner.examine(photo).width == 200


def test_a_child_that_hangs_is_stopped_in_time(tmp_path: Path, photo: Path) -> None:
    with Examiner(max_pixels=50_000_000, seconds=1, memory_mb=1_500) as examiner:
        examiner.examine(photo)
        hung = examiner.pid
        assert hung is not None
        started = time.monotonic()
        with pytest.raises(Poisoned, match="too long"):
            examiner.examine(fifo(tmp_path))
        assert time.monotonic() - started < 5
        wait_for_death(hung)
        assert examiner.examine(photo).width == 200


def test_a_picture_that_needs_too_much_memory_poisons_only_itself(tmp_path: Path, photo: Path) -> None:
    large = tmp_path / "large.png"
    Image.new("RGB", (8_000, 6_000)).save(large, compress_level=1)
    with Examiner(max_pixels=50_000_000, seconds=30, memory_mb=500) as examiner:
        with pytest.raises(Poisoned, match="memory"):
            examiner.examine(large)
        assert examiner.examine(photo).width == 200


def test_a_child_without_room_says_nothing_about_the_file(photo: Path) -> None:
    with Examiner(max_pixels=50_000_000, seconds=5, memory_mb=64) as examiner:
        with pytest.raises(Unavailable, match="DECODE_MEMORY_MB") as unavailable:
            examiner.examine(photo)
        assert unavailable.value.neighbour == "decoder"
        assert examiner.pid is None


def test_closing_ends_the_child(photo: Path) -> None:
    examiner = Examiner(max_pixels=50_000_000, seconds=5, memory_mb=1_500)
    examiner.examine(photo)
    pid = examiner.pid
    assert pid is not None
    examiner.close()
    examiner.close()
    wait_for_death(pid)
    assert examiner.pid is None


def test_threads_wait_for_each_other(examiner: Examiner, tmp_path: Path) -> None:
    paths = [written(tmp_path, photograph(n, width=60 + n, height=50, things=3), f"{n}.png") for n in range(6)]
    widths: dict[int, int] = {}

    def ask(number: int) -> None:
        widths[number] = examiner.examine(paths[number]).width

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == {n: 60 + n for n in range(6)}


PARENT = """
import os, sys
from pathlib import Path
from gallery.images.sandbox import Examiner
examiner = Examiner(max_pixels=50_000_000, seconds=20, memory_mb=1_500)
path = Path(sys.argv[1])
examiner.examine(path)
first = examiner.pid
fork = os.fork()
if fork == 0:
    examiner.examine(path)
    own = examiner.pid
    examiner.close()
    os._exit(0 if own not in (None, first) else 1)
status = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
examiner.examine(path)
print(status, examiner.pid == first, first)
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""


def test_a_fork_gets_a_child_of_its_own_and_orphans_end(photo: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", PARENT, str(photo)], cwd=ROOT, capture_output=True, text=True)
    status, kept, pid = ran.stdout.split()

    assert (status, kept) == ("0", "True")
    wait_for_death(int(pid))


HANGING_PARENT = """
import sys
from pathlib import Path
from gallery.images.sandbox import Examiner
examiner = Examiner(max_pixels=50_000_000, seconds=1, memory_mb=1_500)
examiner.examine(Path(sys.argv[1]))
print(examiner.pid, flush=True)
examiner.examine(Path(sys.argv[2]))
"""


def test_a_child_that_hangs_ends_even_when_its_parent_is_gone(tmp_path: Path, photo: Path) -> None:
    command = [sys.executable, "-c", HANGING_PARENT, str(photo), str(fifo(tmp_path))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    wait_for_death(pid)


def test_the_child_knows_no_secret_and_no_django(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not-for-decoders")
    with Examiner(max_pixels=50_000_000, seconds=5, memory_mb=1_500) as examiner:
        examiner.examine(photo)
        process = Path(f"/proc/{examiner.pid}")
        assert b"SECRET_KEY" not in (process / "environ").read_bytes()
        assert len(list((process / "fd").iterdir())) <= 5
        limits = (process / "limits").read_text()
    assert "Max file size             0" in limits
    program = "import sys, gallery.images.child; print('django' in sys.modules, 'torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


WHOLE: wire.Head = {
    "kind": "jpeg",
    "width": 4,
    "height": 3,
    "source_mode": "RGB",
    "frames": 1,
    "jpeg_quality": 90,
    "has_alpha": False,
    "decoder_version": 1,
    "pixel_hash": "0" * 64,
    "pdq_quality": 90,
    "dominant_share": 0.1,
    "region_box": None,
    "side": 2,
    "renditions": ["view", "work", "thumb"],
    "over_black_quality": None,
}
BLOCKS = [bytes(256), b"view", b"work", b"thumb", bytes(12)]


def test_a_whole_answer_is_understood() -> None:
    found = wire.answer(WHOLE, BLOCKS)
    assert found.renditions == {"view": b"view", "work": b"work", "thumb": b"thumb"}
    assert found.over_black is None


@pytest.mark.parametrize(
    ("head", "blocks"),
    [
        ({}, []),
        ({"refused": "no such code", "sentence": ""}, []),
        ({"refused": "truncated"}, []),
        ({"kind": "jpeg", "region_box": None, "side": 320}, [b""]),
        ({"kind": "jpeg", "region_box": [1, 2], "side": 320}, [bytes(256)] * 6),
        ({**WHOLE, "renditions": ["view", "work"]}, [*BLOCKS[:3], BLOCKS[4]]),
        ({**WHOLE, "renditions": ["view", "work", "thumb", "../etc"]}, BLOCKS),
        ({**WHOLE, "over_black_quality": 90}, BLOCKS),
        (WHOLE, [*BLOCKS, b""]),
    ],
)
def test_a_garbled_answer_is_noticed(head: wire.Head, blocks: list[bytes]) -> None:
    with pytest.raises(wire.Garbled):
        wire.answer(head, blocks)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"blocks": [-1]}', b'{"blocks": [true]}', b'{"blocks": [9e99]}'])
def test_a_garbled_head_is_noticed(raw: bytes) -> None:
    with pytest.raises(wire.Garbled):
        wire.head(raw)


def test_a_head_of_any_length_is_not_waited_for() -> None:
    with pytest.raises(wire.Garbled):
        wire.head_length(b"\xff\xff\xff\xff")


def fifo(folder: Path) -> Path:
    """A file that blocks who opens it, as a decoder that hangs would."""
    path = folder / "blocked"
    os.mkfifo(path)
    return path


def wait_for_death(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still alive")
