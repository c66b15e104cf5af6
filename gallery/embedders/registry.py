"""The embedders there are, by the name that the policy uses."""

import os
from functools import lru_cache

from django.utils.module_loading import import_string

from gallery.conf import Conf, conf
from gallery.embedders import weights
from gallery.embedders.base import Embedder
from gallery.errors import ModelMissing

EMBEDDERS = {
    # Meta's copy detector, int8 on the CPU: the default.
    "sscd": "gallery.embedders.sscd.Sscd",
    # A small student of it: four times as fast, weaker on documents.
    "sscd_distilled": "gallery.embedders.sscd.SscdDistilled",
    # Meta's float weights, for GPUs.
    "sscd_torch": "gallery.embedders.sscd_torch.SscdTorch",
    # An ImageNet classifier's features: the textbook's way, kept for comparison.
    "resnet50": "gallery.embedders.resnet50.Resnet50",
}
"""Name to dotted path of a class that keeps the promise of :class:`~gallery.embedders.base.Embedder`."""


def _class_of(name: str) -> type[Embedder]:
    try:
        path = EMBEDDERS[name]
    except KeyError as error:
        raise ModelMissing(f"There is no embedder “{name}”. There are: {', '.join(EMBEDDERS)}.") from error
    found: type[Embedder] = import_string(path)  # these modules import torch and onnxruntime only when made
    return found


def key_of(name: str) -> str:
    """
    The :attr:`~gallery.embedders.base.Embedder.key` of the embedder called ``name``; loads no network.

    :raises ModelMissing: if there is no embedder of that name.
    """
    return _class_of(name).key


def dimensions_of(name: str) -> int:
    """Length of its vectors; loads no network. Raises as :func:`key_of` does."""
    return _class_of(name).dimensions


def side_of(name: str) -> int:
    """Pixels along each side of what its network looks at; loads no network. Raises as :func:`key_of` does."""
    return _class_of(name).side


def missing(name: str) -> list[str]:
    """
    What stands between this machine and that embedder, as sentences that say what to run; empty if nothing does.

    Only looks whether the file is there: quick enough for every start. Its content is verified by :func:`load`.
    """
    if name not in EMBEDDERS:
        return [f"There is no embedder “{name}”. There are: {', '.join(EMBEDDERS)}."]
    wanted = weights.WEIGHTS[name]
    path = weights.find(wanted)
    if path is None or not path.is_file():
        return [weights.what_to_run(wanted)]
    return []


def load(name: str) -> Embedder:
    """
    The embedder called ``name``, with its network in memory. The first call in a process takes up to seconds.

    :raises ModelMissing: if there is no such embedder, or its weights are missing or not the expected ones.
    """
    # The process is part of the key: a network made before a fork must not be used after it.
    return _loaded(name, os.getpid(), conf())


@lru_cache(maxsize=4)
def _loaded(name: str, pid: int, settings: Conf) -> Embedder:
    return _class_of(name)()
