"""Running a PyTorch network on whatever this machine has. Imports torch: imported only when a network is made."""

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from django.core.exceptions import ImproperlyConfigured
from torch import Tensor, nn

from gallery.conf import conf
from gallery.embedders.preparation import IMAGENET_DEVIATION, IMAGENET_MEAN, squash
from gallery.embedders.torchvision_guard import import_torchvision
from gallery.errors import ModelMissing
from gallery.pictures import Picture
from gallery.vectors import Vectors, unit

BATCH = 32
"""Pictures at once: 32 of 320 x 320 pixels take about 2 GB in a ResNet-50."""

_AGAIN = "Delete it and fetch it again."


def chosen_device() -> torch.device:
    """
    The setting ``DEVICE``: ``auto`` takes a GPU if there is one.

    :raises ImproperlyConfigured: for a device that is not there.
    """
    wanted = conf().device
    available = torch.cuda.is_available()
    if wanted == "auto":
        return torch.device("cuda" if available else "cpu")
    if wanted not in ("cpu", "cuda"):
        raise ImproperlyConfigured(f"DEVICE is “{wanted}”; it can be auto, cpu or cuda.")
    if wanted == "cuda" and not available:
        raise ImproperlyConfigured("DEVICE is cuda, but PyTorch finds no GPU here. Set DEVICE=auto or DEVICE=cpu.")
    return torch.device(wanted)


class Network:
    """A network in evaluation mode on the chosen device, with the preparation that ImageNet models share."""

    def __init__(self, module: nn.Module, *, side: int) -> None:
        self.device = chosen_device()
        if self.device.type == "cpu":
            # One thread a process and as many processes as cores: more threads only wait for each other.
            torch.set_num_threads(1)
        self._module = module.eval().to(self.device)
        self._side = side
        self._mean = torch.tensor(IMAGENET_MEAN, device=self.device).view(1, 3, 1, 1)
        self._deviation = torch.tensor(IMAGENET_DEVIATION, device=self.device).view(1, 3, 1, 1)

    @torch.inference_mode()
    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """See :meth:`gallery.embedders.base.Embedder.embed`."""
        if not pictures:
            raise ValueError("no pictures to embed")
        rows = []
        for start in range(0, len(pictures), BATCH):
            pixels = np.stack([squash(picture, self._side) for picture in pictures[start : start + BATCH]])
            batch = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).float().div_(255)
            rows.append(self._module((batch - self._mean) / self._deviation).float().cpu().numpy())
        return unit(np.concatenate(rows))


class GeM(nn.Module):
    """
    Generalised mean pooling, ``(n, c, h, w)`` to ``(n, c)``: between the average (p = 1) and the maximum.

    Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2018 (arXiv:1711.02512).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, maps: Tensor) -> Tensor:
        return maps.clamp(min=1e-6).pow(self.p).mean(dim=(-2, -1)).pow(1 / self.p)


def resnet50() -> nn.Module:
    """torchvision's ResNet-50 as drawn, without trained weights: never to be used before :func:`fill`."""
    module: nn.Module = import_torchvision().models.resnet50(weights=None)
    return module


def fill(module: nn.Module, tensors: Mapping[str, Tensor], *, source: Path) -> None:
    """
    Put trained weights into ``module``: every one of its tensors, and none besides.

    :raises ModelMissing: if a name or a shape differs, so that ``source`` belongs to another network.
    """
    try:
        module.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        raise ModelMissing(f"{source} holds the weights of another network. {_AGAIN} ({error})") from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """
    The tensors of a weights file by name, on the CPU. Both of PyTorch's formats: a plain dictionary of tensors (no
    code in it is run) and TorchScript.

    :raises ModelMissing: if ``path`` is neither.
    """
    try:
        if _is_torchscript(path):
            state: object = _torchscript_tensors(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        raise ModelMissing(f"{path} is not a file of PyTorch weights. {_AGAIN} ({error})") from error
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelMissing(f"{path} holds something else than tensors by name. {_AGAIN}")
    return dict(state)


def _torchscript_tensors(path: Path) -> dict[str, Tensor]:
    with warnings.catch_warnings():
        # torch advises authors against writing this format; we read what others have published.
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.load", category=DeprecationWarning)
        script = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]  # torch leaves it untyped
    tensors: dict[str, Tensor] = script.state_dict()
    return tensors


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())
