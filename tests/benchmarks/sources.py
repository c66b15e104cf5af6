"""The pictures that are measured: photographs beside the checkout if there are some, else painted ones."""

from pathlib import Path

from tests import pictures
from tests.servers import ROOT

PHOTOGRAPHS = ROOT.parent / "shared" / "data" / "originals"


def files(folder: Path, count: int) -> tuple[list[Path], str]:
    """``count`` JPEG files, no two alike, and what they are in words. Painted ones are written to ``folder``."""
    found = sorted(PHOTOGRAPHS.rglob("*.jpg")) if PHOTOGRAPHS.is_dir() else []
    if len(found) >= count:
        step = len(found) // count
        return found[::step][:count], "photographs of at most 1024 pixels"
    return painted(folder, count), "painted pictures of 1024 × 768 pixels, which look more alike than photographs do"


def painted(folder: Path, count: int, *, first: int = 0) -> list[Path]:
    """``count`` JPEG files in ``folder``; another ``first`` gives others."""
    return [
        pictures.written(folder, pictures.photograph(seed, width=1024, height=768), f"{seed}.jpg", quality=90)
        for seed in range(first, first + count)
    ]
