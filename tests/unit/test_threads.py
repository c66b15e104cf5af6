"""Processes are as many as cores: none of them may bring threads that wait for work at full speed."""

import os
import subprocess
import sys

import pytest

COUNT = "import gallery.vectors, os; print(len(os.listdir('/proc/self/task')))"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="on one core NumPy makes no threads of its own")
def test_numpy_gets_one_thread_unless_the_environment_says_otherwise() -> None:
    asked = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    counts = [
        subprocess.run(
            [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for environment in (asked, asked | {"OPENBLAS_NUM_THREADS": "2"})
    ]
    assert [int(count) for count in counts] == [1, 2]
