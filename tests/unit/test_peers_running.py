"""What a command took is told, and one that takes too long is stopped with all that it started."""

import sys

from tests.benchmarks.peers.running import run


def test_time_and_memory_are_those_of_the_command_and_what_it_starts() -> None:
    program = "import subprocess, sys, time; held = bytearray(60_000_000); time.sleep(0.6); print('done')"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
    found = run([sys.executable, "-c", nested], seconds=60)
    assert (found.status, found.said.strip()) == (0, "done")
    assert found.cost.seconds >= 0.6
    assert found.cost.memory > 60
    assert found.cost.processor > 0


def test_a_command_that_takes_too_long_is_stopped() -> None:
    found = run([sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(60)"], seconds=3)
    assert found.status is None
    assert found.cost.seconds < 30


def test_a_command_that_fails_says_why() -> None:
    found = run([sys.executable, "-c", "raise SystemExit('no such thing')"], seconds=60)
    assert found.status == 1
    assert "no such thing" in found.said
