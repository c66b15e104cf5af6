"""Weights files that the tests of the embedders share."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def seeded_tensors(*, outputs: int) -> "dict[str, Tensor]":
    """
    A ResNet-50's tensors by torchvision's names, drawn with a fixed seed, the last layer giving ``outputs`` numbers.

    They are no trained network and tell nothing about likeness; they go through the same reading, checking and
    computing as trained ones.
    """
    import torch
    from torch import nn

    from gallery.embedders import torch_runtime

    with torch.random.fork_rng():
        torch.manual_seed(20)
        module = torch_runtime.resnet50()
        module.fc = nn.Linear(2048, outputs)
    return dict(module.state_dict())


def write_resnet50(path: Path) -> None:
    """As torchvision publishes: a plain dictionary of tensors."""
    import torch

    torch.save(seeded_tensors(outputs=1000), path)


def write_sscd(path: Path) -> None:
    """As Meta publishes: a plain dictionary, the trunk below ``backbone``."""
    import torch

    torch.save({f"backbone.{name}": tensor for name, tensor in seeded_tensors(outputs=512).items()}, path)
