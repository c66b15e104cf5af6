"""What the benchmarks write down."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks import page, processor, sources
from tests.benchmarks.rounds import Round
from tests.benchmarks.timing import Lap, Times, milliseconds, table


def test_the_slow_one_of_twenty_is_the_95th_percentile() -> None:
    times = Times([float(number) for number in range(1, 21)])
    assert times.median == 10.5
    assert times.slow == 20.0


def test_a_measured_block_adds_what_it_took() -> None:
    times = Times()
    with times.measured():
        pass
    assert 0 <= times.median < 1


def test_a_table_is_markdown() -> None:
    assert table(("stage", "ms"), [("decode", "2.5")]) == "| stage | ms |\n| --- | ---: |\n| decode | 2.5 |"


def test_short_times_keep_a_digit() -> None:
    assert (milliseconds(0.0025), milliseconds(0.3666)) == ("2.5", "367")


def test_pictures_are_painted_where_there_are_no_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PHOTOGRAPHS", tmp_path / "none")
    files, kind = sources.files(tmp_path, 2)
    assert [path.is_file() for path in files] == [True, True]
    assert "painted" in kind


def _busy(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_what_the_asking_process_computes_itself_is_not_below_it() -> None:
    before = processor.seconds_below(os.getpid())
    _busy(0.3)
    assert processor.seconds_below(os.getpid()) - before < 0.1


def test_what_a_child_computes_is_below_its_parent() -> None:
    code = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"
    before = processor.seconds_below(os.getpid())
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        spent = processor.seconds_below(os.getpid()) - before
        child.communicate(b"\n")
    assert 0.3 < spent < 2


ROUNDS = [
    Round(Lap(10, 0.5, 0.8), Lap(10, 0.5, 1.0), Lap(10, 1.5, 1.0)),
    Round(Lap(10, 0.5, 0.7), Lap(10, 0.4, 1.0, compared=1, comparing=0.2), Lap(10, 0.5, 0.5)),
    Round(Lap(10, 1.0, 1.0), Lap(10, 1.0, 1.0), Lap(10, 1.0, 1.0)),
]


def test_the_share_of_the_stages_is_between_the_lap_before_and_the_one_after() -> None:
    assert ROUNDS[0].alone.rate == 10
    assert [round(done.share, 6) for done in ROUNDS] == [0.9, 0.8, 1.0]


def test_the_page_tells_every_round_and_the_median() -> None:
    text = page.uploads(2, ROUNDS)
    assert "| 2 | 60.0 | 20.0 | 100.0 | 25.0 | 80% |" in text
    assert "| median | 90.0 | 10.0 | 100.0 | 20.0 | 90% |" in text
    assert "**90%**" in text
    assert "there were 1" in text
