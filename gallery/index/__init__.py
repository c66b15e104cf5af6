"""
Vector → neighbours.

:func:`load` gives the index that the deployment chose (``INDEX``). Importing this package loads no vector store: the
web process imports it too and must stay light.
"""

from functools import cache

from django.utils.module_loading import import_string

from gallery.conf import conf
from gallery.index.base import Hit, VectorIndex, search_range

__all__ = ["INDEXES", "Hit", "VectorIndex", "forget", "load", "search_range"]

INDEXES: dict[str, str] = {
    "memory": "gallery.index.memory.MemoryIndex",
    "milvus": "gallery.index.milvus.MilvusIndex",
}
"""Name → dotted path. A new store is one module and one line here; the contract tests then run against it too."""


@cache
def _instance(name: str) -> VectorIndex:
    try:
        path = INDEXES[name]
    except KeyError as error:
        raise ValueError(f"INDEX is {name!r}; choose one of {', '.join(sorted(INDEXES))}") from error
    index: VectorIndex = import_string(path)()
    return index


def load() -> VectorIndex:
    """
    The index in force, one instance per process.

    :raises ValueError: if ``INDEX`` names none that exists.
    """
    return _instance(conf().index)


def forget() -> None:
    """Let the next :func:`load` make its index anew, for tests: the memory index lives as long as its instance."""
    _instance.cache_clear()
