"""The promises of every vector index, on a genuine Milvus: the cases are those of tests/contracts/test_index.py."""

import inspect
from collections.abc import Iterator
from uuid import uuid4

import pytest

from gallery import index
from gallery.index import VectorIndex
from tests.contracts import test_index as contract


@pytest.fixture
def store(milvus: str, fresh_index: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[VectorIndex]:
    """A genuine Milvus. Dropping takes it seconds, so that each test has names of its own."""
    name = f"t{uuid4().hex}"
    monkeypatch.setattr(contract, "NAME", name)
    opened = index.load()
    opened.ensure(name, contract.DIMENSIONS)
    yield opened
    opened.drop(name)


# A case added to the contract is tried here too, without a word here.
globals().update(
    (name, case)
    for name, case in vars(contract).items()
    if name.startswith("test_") and {"store", "milvus"} & set(inspect.signature(case).parameters)
)
