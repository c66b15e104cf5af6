"""
SSCD, a descriptor trained to find copies, as ONNX networks for the CPU.

Pizzi et al., "A Self-Supervised Descriptor for Image Copy Detection", CVPR 2022 (arXiv:2202.10261).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gallery.embedders.preparation import IMAGENET_DEVIATION, IMAGENET_MEAN, squash
from gallery.embedders.weights import WEIGHTS, WeightsFile, verified
from gallery.errors import ModelMissing
from gallery.pictures import Picture
from gallery.vectors import Vectors, unit

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime


class OnnxEmbedder:
    """A network that takes uint8 pixels, shape ``(n, height, width, 3)``, and gives float32 ``(n, dimensions)``."""

    weights: WeightsFile
    key: str
    dimensions: int
    side: int

    def __init__(self) -> None:
        self._constants = _spread(self.side)
        self._session = _session(verified(self.weights), self._constants)
        self._input = self._session.get_inputs()[0].name

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """See :meth:`gallery.embedders.base.Embedder.embed`."""
        if not pictures:
            raise ValueError("no pictures to embed")
        # One by one: on a CPU a batch is no faster, takes its memory many times over, and a picture's vector can
        # not depend on its neighbours.
        rows = [
            self._session.run(None, {self._input: squash(picture, self.side)[np.newaxis]})[0] for picture in pictures
        ]
        return unit(np.concatenate(rows))


class Sscd(OnnxEmbedder):
    """SSCD ``disc_mixup``, ResNet-50, quantised to int8. About 45 ms a picture on one core."""

    weights = WEIGHTS["sscd"]
    key = "sscd_int8_v1"
    dimensions = 512
    side = 320


class SscdDistilled(OnnxEmbedder):
    """A MobileNetV4 taught to imitate SSCD. About 9 ms a picture; much weaker on documents and blank pictures."""

    weights = WEIGHTS["sscd_distilled"]
    key = "sscd_distilled_v1"
    dimensions = 512
    side = 320


def _spread(side: int) -> "dict[str, onnxruntime.OrtValue]":
    """
    The constants by which these networks normalise a picture, one for every pixel of ``side`` x ``side``, by name.

    The files hold one for each colour, and stay as they are. ONNX Runtime is slow at repeating three numbers over the
    pixels, 3 to 4 ms for every picture; given as many numbers as pixels it calculates the very same in a tenth of that.
    The session reads them for as long as it lives.
    """
    import onnxruntime

    colours = {"pixel_mean": IMAGENET_MEAN, "pixel_std": IMAGENET_DEVIATION}
    shape = (1, side, side, len(IMAGENET_MEAN))
    return {
        name: onnxruntime.OrtValue.ortvalue_from_numpy(
            np.broadcast_to(np.array(values, np.float32) * np.float32(255), shape).copy()
        )
        for name, values in colours.items()
    }


def _session(path: "Path", constants: "dict[str, onnxruntime.OrtValue]") -> "onnxruntime.InferenceSession":
    # Imported here: the web process asks this module for keys and must stay light.
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    options = onnxruntime.SessionOptions()
    # One thread a process and as many processes as cores: more threads only wait for each other.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    for name, value in constants.items():
        options.add_initializer(name, value)
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (faults.Fail, faults.InvalidProtobuf, faults.InvalidGraph, faults.NotImplemented) as error:
        raise ModelMissing(f"{path} can not be loaded: {error}") from error
