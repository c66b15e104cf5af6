"""Edits that people make to pictures, to try whether the copies are found."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from gallery.pictures import Picture

QUALITY = 90
"""Of the JPEG that an edited picture is saved as, where the edit is not the saving itself."""


def _saved(image: Image.Image, *, quality: int = QUALITY) -> bytes:
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=quality)
    return out.getvalue()


def _halved(image: Image.Image) -> Image.Image:
    size = (max(1, image.width // 2), max(1, image.height // 2))
    return image.resize(size, Image.Resampling.LANCZOS)


def _cropped(image: Image.Image) -> Image.Image:
    """Half of the area, a little off the middle."""
    width, height = max(1, round(image.width * 0.5**0.5)), max(1, round(image.height * 0.5**0.5))
    left, top = round((image.width - width) * 0.4), round((image.height - height) * 0.6)
    return image.crop((left, top, left + width, top + height))


def _turned(image: Image.Image) -> Image.Image:
    return image.rotate(-10, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def _captioned(image: Image.Image) -> Image.Image:
    """White words in black outlines across the top, as memes have them."""
    made = image.copy()
    draw = ImageDraw.Draw(made)
    size = max(8, image.height // 11)
    draw.text(
        (image.width / 2, size),
        "WHEN YOU SEE IT",
        fill="white",
        anchor="mm",
        font_size=size,
        stroke_width=max(1, size // 14),
        stroke_fill="black",
    )
    return made


def _framed(image: Image.Image) -> Image.Image:
    """The picture on a phone's screen: a status bar above, a page and a row of grey lines below."""
    width, height = 540, 1100
    screen = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(screen)
    draw.text((20, 14), "12:34", fill="black", font_size=18)
    draw.text((width - 70, 14), "87 %", fill="black", font_size=18)
    shown = ImageOps.contain(image, (width, round(height * 0.62)), Image.Resampling.LANCZOS)
    top = 150
    screen.paste(shown, ((width - shown.width) // 2, top))
    for line in range(4):
        y = top + shown.height + 40 + 34 * line
        draw.rectangle((24, y, width - 60 - 70 * (line % 2), y + 14), fill=(214, 214, 214))
    return screen


def _in_grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def _brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.35)


_EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half_size": _halved,
    "crop_50": _cropped,
    "turned_10": _turned,
    "mirrored": ImageOps.mirror,
    "caption": _captioned,
    "screenshot": _framed,
    "grey": _in_grey,
    "brighter": _brighter,
}

NAMES: tuple[str, ...] = ("jpeg_30", *_EDITS)
"""What :func:`copy_of` can make."""


def copy_of(picture: Picture, name: str) -> bytes:
    """
    A JPEG file of ``picture`` after the edit ``name``, one of :data:`NAMES`.

    The same bytes every time, with the same version of Pillow.

    :raises KeyError: if there is no such edit.
    """
    image: Any = Image.fromarray(np.asarray(picture))
    if name == "jpeg_30":
        return _saved(image, quality=30)
    return _saved(_EDITS[name](image))
