"""What the tests of faults share: the load, and the means to hang a process."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gallery.models import User
from tests.faults.load import Load
from tests.integration.test_near_copies_at_once import only_copies_are_compared
from tests.workers import broker

__all__ = ["broker"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these takes as long as it takes; what hangs is told by its own waits."""
    for item in items:
        if "tests/faults" in item.path.as_posix():
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
def load(lena: User, rows_of_migrations: None) -> Load:
    """Lena's uploads, of which only copies are compared."""
    only_copies_are_compared()
    return Load(lena)


@contextmanager
def hung(pid: int) -> Iterator[None]:
    """The process neither answers nor ends until the block does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
