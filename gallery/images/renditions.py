"""
The copies that are shown and compared, made from pixels alone: nothing of the file's metadata can be in them.

They are never larger than the picture. Only they are ever shown; the original is a download.
"""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from gallery.images.scaling import averaged, fitted
from gallery.pictures import Picture


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """A kind of copy."""

    long_side: int
    """In pixels, at most."""
    content_type: str
    extension: str
    pillow: str
    options: dict[str, Any]


RENDITIONS: dict[str, Rendition] = {
    # On the review page. JPEG: at this size WebP takes ten times as long to write, more than the network.
    "view": Rendition(
        long_side=1600,
        content_type="image/jpeg",
        extension="jpg",
        pillow="JPEG",
        options={"quality": 85},
    ),
    # For the geometric verification: every colour at full resolution.
    "work": Rendition(
        long_side=640,
        content_type="image/jpeg",
        extension="jpg",
        pillow="JPEG",
        options={"quality": 95, "subsampling": 0},
    ),
    # In lists, of which a page shows a hundred. As WebP it would be 6 % smaller and take seven times as long to write.
    "thumb": Rendition(
        long_side=320,
        content_type="image/jpeg",
        extension="jpg",
        pillow="JPEG",
        options={"quality": 80},
    ),
}
"""By name, from large to small: each is made from the one before."""

OVER_BLACK = "over_black"

KINDS: dict[str, Rendition] = RENDITIONS | {
    # Of what is transparent in part, for the verification: every colour, at the size of what people see.
    OVER_BLACK: Rendition(
        long_side=1600,
        content_type="image/jpeg",
        extension="jpg",
        pillow="JPEG",
        options={"quality": 95, "subsampling": 0},
    ),
}
"""Those that every picture has, and those that only some have."""


def scale_down(picture: Picture) -> dict[str, Picture]:
    """The pixels of every rendition, by name, of the size that :func:`fitted` gives for the whole picture."""
    copies = {}
    copy = picture
    for name, rendition in RENDITIONS.items():
        copy = averaged(copy, fitted(picture.shape[1], picture.shape[0], long_side=rendition.long_side))
        copies[name] = copy
    return copies


def encode(copies: dict[str, Picture]) -> dict[str, bytes]:
    """The files of renditions, by name, from their pixels."""
    files = {}
    for name, pixels in copies.items():
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, format=KINDS[name].pillow, **KINDS[name].options)
        files[name] = out.getvalue()
    return files


def render(picture: Picture) -> dict[str, bytes]:
    """Every rendition of ``picture``, by name, as a file."""
    return encode(scale_down(picture))
