"""Pictures for the tests of verification, painted from a seed, and the edits that people make to them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gallery.pictures import Picture, checked


def paint(seed: int, *, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """A scene of blots, discs and bars with some grain: textured everywhere, and like no other seed's."""
    rng = np.random.default_rng(seed)
    width, height = size
    coarse = rng.integers(40, 215, (9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(140):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = (int(side) for side in rng.integers(6, 60, 2))
        colour = tuple(int(level) for level in rng.integers(20, 235, 3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)((x, y, x + w, y + h), fill=colour)
    grain = rng.normal(0, 5, (height, width, 1))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32) + grain
    return Image.fromarray(soft.clip(0, 255).astype(np.uint8))


def picture(image: Image.Image) -> Picture:
    return checked(np.asarray(image.convert("RGB"), np.uint8))


def crop(image: Image.Image, share: float) -> Image.Image:
    """The part of ``image`` around its middle that is ``share`` of its area."""
    side = share**0.5
    width, height = round(image.width * side), round(image.height * side)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def caption(image: Image.Image, words: str, *, top: bool = False) -> Image.Image:
    """White letters with a black outline at the bottom or at the top, as memes have them."""
    captioned = image.copy()
    size = image.width // 13
    ImageDraw.Draw(captioned).text(
        (image.width // 2, size // 3 if top else image.height - size * 3 // 2),
        words,
        font=ImageFont.load_default(size=size),
        fill="white",
        stroke_width=2,
        stroke_fill="black",
        anchor="ma",
    )
    return captioned


def on_a_page(image: Image.Image) -> Image.Image:
    """``image`` on a page with lines of text above and below, filling about half of it."""
    page = Image.new("RGB", (image.width + 60, image.height * 2 - 30), "white")
    page.paste(image, (30, image.height // 2))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=22)
    for line in (*range(20, image.height // 2 - 30, 32), *range(image.height * 3 // 2 + 12, page.height - 30, 32)):
        draw.text((30, line), "The quick brown fox jumps over the dog", font=font, fill=(40, 40, 40))
    return page
