"""
SSCD in PyTorch with Meta's float weights: for machines with a GPU.

Pizzi et al., "A Self-Supervised Descriptor for Image Copy Detection", CVPR 2022 (arXiv:2202.10261).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gallery.embedders.weights import WEIGHTS, WeightsFile, verified
from gallery.pictures import Picture
from gallery.vectors import Vectors

if TYPE_CHECKING:
    from torch import Tensor

GEM_P = 3.0
"""The exponent of the pooling, as published."""


class SscdTorch:
    """ResNet-50, GeM pooling, a linear layer to 512. About 240 ms a picture on one core."""

    key = "sscd_fp32_v1"
    dimensions = 512
    side = 320

    def __init__(self, wanted: WeightsFile = WEIGHTS["sscd_torch"]) -> None:
        # Imported here: the web process asks this module for keys and must stay light.
        from torch import nn

        from gallery.embedders import torch_runtime

        path = verified(wanted)
        module = torch_runtime.resnet50()
        module.avgpool = torch_runtime.GeM(GEM_P)
        module.fc = nn.Linear(2048, self.dimensions)
        torch_runtime.fill(module, _as_torchvision_names(torch_runtime.read_tensors(path)), source=path)
        self._network = torch_runtime.Network(module, side=self.side)

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """See :meth:`gallery.embedders.base.Embedder.embed`."""
        return self._network.embed(pictures)


def _as_torchvision_names(tensors: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """
    Meta's names to torchvision's: the trunk is called ``backbone``, and the linear layer is either the trunk's ``fc``
    or the second part (after the pooling) of ``embeddings``.
    """
    return {name.removeprefix("backbone.").replace("embeddings.1.", "fc."): tensor for name, tensor in tensors.items()}
