"""Edits that people make to pictures, to try whether the copies are found: 46 of them, the same each time."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from gallery.evaluation import edits
from gallery.pictures import Picture

QUALITY = 90
"""Of the JPEG that an edited picture is saved as, where the edit is not the saving itself."""

Edit = Callable[[Image.Image], Image.Image]

EDITS: dict[str, Edit] = {
    "half_size": partial(edits.scaled, 0.5),
    "quarter_size": partial(edits.scaled, 0.25),
    "enlarged": partial(edits.scaled, 1.5),
    "squeezed": edits.squeezed,
    "zoom_125": partial(edits.zoomed, 1.25),
    "zoom_160": partial(edits.zoomed, 1.6),
    "crop_80": partial(edits.cropped, 0.8),
    "crop_50": partial(edits.cropped, 0.5),
    "crop_30": partial(edits.cropped, 0.3),
    "square": edits.square,
    "border_10": partial(edits.bordered, 0.1),
    "border_40": partial(edits.bordered, 0.4),
    "mirrored": ImageOps.mirror,
    "upside_down": ImageOps.flip,
    "quarter_right": lambda image: image.transpose(Image.Transpose.ROTATE_270),
    "quarter_left": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "half_turn": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "turned_5": partial(edits.turned, 5),
    "turned_10": partial(edits.turned, 10),
    "turned_15": partial(edits.turned, 15),
    "turned_30": partial(edits.turned, 30),
    "brighter": edits.brighter,
    "darker": edits.darker,
    "contrast": edits.contrasting,
    "grey": edits.grey,
    "sepia": edits.sepia,
    "other_hue": edits.other_hue,
    "inverted": edits.inverted,
    "blurred": edits.blurred,
    "noisy": edits.noisy,
    "pixelated": edits.pixelated,
    "caption": edits.captioned,
    "caption_below": edits.captioned_below,
    "sticker": edits.stickered,
    "watermark": edits.watermarked,
    "watermark_tiled": edits.tiled,
    "screenshot": edits.on_phone,
    "desktop": edits.on_desktop,
    "collage_2": edits.beside_another,
    "collage_4": edits.in_collage,
    "passed_on": edits.passed_on,
    "disguised": edits.disguised,
}
"""What is done to the pixels; the result is saved as JPEG."""

SAVINGS: dict[str, dict[str, Any]] = {
    "jpeg_30": {"format": "JPEG", "quality": 30},
    "jpeg_10": {"format": "JPEG", "quality": 10},
    "webp_60": {"format": "WEBP", "quality": 60},
    "palette": {"format": "GIF"},
}
"""The pixels stay as they are but for what the saving takes away."""

ALL: tuple[str, ...] = (*SAVINGS, *EDITS)
"""What :func:`copy_of` can make: 46 edits."""

NAMES: tuple[str, ...] = (
    "jpeg_30", "half_size", "crop_50", "turned_10", "mirrored", "caption", "screenshot", "grey", "brighter",
)  # fmt: skip
"""Those of the nightly self-test."""


def copy_of(picture: Picture, name: str) -> bytes:
    """
    A file of ``picture`` after the edit ``name``, one of :data:`ALL`.

    The same bytes every time, with the same version of Pillow.

    :raises KeyError: if there is no such edit.
    """
    image: Any = Image.fromarray(np.asarray(picture))
    if name in SAVINGS:
        return _saved(image, **SAVINGS[name])
    return _saved(EDITS[name](image), format="JPEG", quality=QUALITY)


def _saved(image: Image.Image, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, **how)
    return out.getvalue()
