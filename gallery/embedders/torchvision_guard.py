"""
The one door to torchvision.

PyPI's torchvision is built for CUDA. Beside a PyTorch without CUDA its compiled part can not be loaded, and then
``import torchvision`` itself fails, because it describes two operators (``nms`` and ``qnms``) that only the compiled
part declares. Declaring them first lets the rest, pure Python, be imported; the operators themselves stay unusable,
and no classifier needs them.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

_UNDECLARED = [
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
]
_declared: list[torch.library.Library] = []  # the declarations last as long as this object


@cache
def import_torchvision() -> ModuleType:
    """The module ``torchvision``, beside a PyTorch with CUDA or without."""
    if torch.version.cuda is None and not _compiled_part_loads():
        declarations = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch leaves it untyped
        for schema in _UNDECLARED:
            declarations.define(schema)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        _declared.append(declarations)
    import torchvision

    module: ModuleType = torchvision
    return module


def _compiled_part_loads() -> bool:
    spec = find_spec("torchvision")  # finds the folder, runs nothing
    if spec is None or spec.origin is None:
        return False
    extensions = sorted(Path(spec.origin).parent.glob("_C*.so"))
    if not extensions:
        return False
    try:
        torch.ops.load_library(str(extensions[0]))  # type: ignore[no-untyped-call]  # torch leaves it untyped
    except OSError:
        # Linked against CUDA libraries that are not here.
        return False
    return True
