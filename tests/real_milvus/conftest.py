"""One server for the whole run, or the reason why there is none."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.conftest import change_dedup
from tests.real_milvus.server import standalone, why_not


@pytest.fixture(scope="session")
def standalone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a genuine Milvus."""
    if reason := why_not():
        pytest.skip(reason)
    with standalone(tmp_path_factory.mktemp("standalone") / "data") as server:
        yield server.uri


@pytest.fixture
def milvus(standalone_server: str, settings: Settings) -> str:
    """The genuine server as the index of this test, with collections that no other test has. The URI."""
    change_dedup(settings, index="milvus", milvus_uri=standalone_server, milvus_prefix=f"t{uuid4().hex}_")
    return standalone_server
