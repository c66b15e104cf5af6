"""The pictures that are measured: photographs beside the checkout if there are some, else painted ones."""

from pathlib import Path

from gallery.pictures import Picture
from tests import pictures
from tests.servers import ROOT

WARM, FIRST_WARM = 32, 9000
"""Pictures, and what the first of them is painted by."""

PHOTOGRAPHS = ROOT.parent / "shared" / "data" / "originals"


def files(folder: Path, count: int) -> tuple[list[Path], str]:
    """``count`` JPEG files, no two alike, and what they are in words. Painted ones are written to ``folder``."""
    found = sorted(PHOTOGRAPHS.rglob("*.jpg")) if PHOTOGRAPHS.is_dir() else []
    if len(found) >= count:
        step = len(found) // count
        return found[::step][:count], "photographs of at most 1024 pixels"
    painted = [
        _written(folder, pictures.photograph(seed, width=1024, height=768), f"{seed}.jpg") for seed in range(count)
    ]
    return painted, "painted pictures of 1024 × 768 pixels, which look more alike than photographs do"


def warm(folder: Path) -> list[Path]:
    """
    Painted files that come first, so that every process has loaded what it needs: also for comparisons, as half of
    them are copies.
    """
    shown = {seed: pictures.photograph(seed) for seed in range(FIRST_WARM, FIRST_WARM + WARM // 2)}
    copies = {f"{seed}-copy": pictures.cropped(picture, 0.85) for seed, picture in shown.items()}
    return [_written(folder, picture, f"{name}.jpg") for name, picture in (shown | copies).items()]


def _written(folder: Path, picture: Picture, name: str) -> Path:
    return pictures.written(folder, picture, name, quality=90)
