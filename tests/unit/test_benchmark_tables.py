"""What the benchmarks write down."""

from pathlib import Path

import pytest

from tests.benchmarks import sources
from tests.benchmarks.timing import Times, milliseconds, table


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
