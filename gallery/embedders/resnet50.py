"""
ResNet-50 trained to classify ImageNet: the textbook's features, kept for comparison.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016 (arXiv:1512.03385), with torchvision's weights
``IMAGENET1K_V2``. Trained to tell kinds of things apart, not copies: two cats look alike to it.
"""

from collections.abc import Sequence

from gallery.embedders.weights import WEIGHTS, WeightsFile, verified
from gallery.pictures import Picture
from gallery.vectors import Vectors


class Resnet50:
    """
    The 2048 features before the classifier, averaged over the picture. About 105 ms a picture on one core.

    Normalised as ``IMAGENET1K_V2`` was trained, but squashed to 224 x 224 where classification resizes to 232 and
    crops: a crop would make copies with other borders look less alike.
    """

    key = "resnet50_imagenet1k_v2_squash_v1"
    dimensions = 2048
    side = 224

    def __init__(self, wanted: WeightsFile = WEIGHTS["resnet50"]) -> None:
        # Imported here: the web process asks this module for keys and must stay light.
        from torch import nn

        from gallery.embedders import torch_runtime

        path = verified(wanted)
        module = torch_runtime.resnet50()
        # Filled with the classifier in place, so that every tensor of the file is accounted for; then without it.
        torch_runtime.fill(module, torch_runtime.read_tensors(path), source=path)
        module.fc = nn.Identity()
        self._network = torch_runtime.Network(module, side=self.side)

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """See :meth:`gallery.embedders.base.Embedder.embed`."""
        return self._network.embed(pictures)
