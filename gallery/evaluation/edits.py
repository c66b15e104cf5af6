"""What people do to pictures before they post them again, each edit as a function of a picture. Nothing is random."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Size = tuple[int, int]

SEED = 20260101
"""Of the grain that :func:`noisy` adds, and of the patches that a collage is made of."""


def _scaled(image: Image.Image, across: float, down: float | None = None) -> Image.Image:
    size = (max(1, round(image.width * across)), max(1, round(image.height * (down or across))))
    return image.resize(size, Image.Resampling.LANCZOS)


def scaled(factor: float, image: Image.Image) -> Image.Image:
    return _scaled(image, factor)


def squeezed(image: Image.Image) -> Image.Image:
    """A quarter taken off the width, nothing off the height."""
    return _scaled(image, 0.75, 1.0)


def zoomed(factor: float, image: Image.Image) -> Image.Image:
    """The middle, enlarged to the size of the whole."""
    width, height = max(1, round(image.width / factor)), max(1, round(image.height / factor))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height)).resize(image.size, Image.Resampling.LANCZOS)


def cropped(share: float, image: Image.Image) -> Image.Image:
    """``share`` of the area, a little off the middle."""
    width, height = max(1, round(image.width * share**0.5)), max(1, round(image.height * share**0.5))
    left, top = round((image.width - width) * 0.4), round((image.height - height) * 0.6)
    return image.crop((left, top, left + width, top + height))


def square(image: Image.Image) -> Image.Image:
    """As profile pictures are."""
    side = min(image.size)
    return ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)


def bordered(share: float, image: Image.Image) -> Image.Image:
    """A black margin of ``share`` of the shorter side, all around."""
    return ImageOps.expand(image, max(1, round(min(image.size) * share)), fill="black")


def turned(degrees: float, image: Image.Image) -> Image.Image:
    """To the right; the empty corners are white."""
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.35)


def darker(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.6)


def contrasting(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(1.5)


def sepia(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), (38, 20, 8), (255, 236, 200))


def other_hue(image: Image.Image) -> Image.Image:
    """A third of the way around the wheel of colours."""
    hue, saturation, value = image.convert("HSV").split()
    shifted = hue.point([(level + 85) % 256 for level in range(256)])
    return Image.merge("HSV", (shifted, saturation, value)).convert("RGB")


def inverted(image: Image.Image) -> Image.Image:
    return ImageOps.invert(image)


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(image.size) / 300))


def noisy(image: Image.Image) -> Image.Image:
    grain = np.random.default_rng(SEED).normal(0, 18, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image, np.float32) + grain).clip(0, 255).astype(np.uint8))


def pixelated(image: Image.Image) -> Image.Image:
    """Blocks of a hundredth of the longer side."""
    block = max(1, max(image.size) // 100)
    small = image.resize((max(1, image.width // block), max(1, image.height // block)), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


def captioned(image: Image.Image) -> Image.Image:
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


def captioned_below(image: Image.Image) -> Image.Image:
    """Black words on a white bar that is added at the bottom."""
    bar = max(12, image.height // 7)
    made = ImageOps.expand(image, (0, 0, 0, bar), fill="white")
    middle = (image.width / 2, image.height + bar / 2)
    ImageDraw.Draw(made).text(middle, "Nobody expected this", "black", anchor="mm", font_size=bar / 2)
    return made


def stickered(image: Image.Image) -> Image.Image:
    """A yellow face over a fifth of the shorter side."""
    made = image.copy()
    side = max(8, min(image.size) // 5)
    left, top = round(image.width * 0.62), round(image.height * 0.55)
    draw = ImageDraw.Draw(made)
    line = max(1, side // 20)
    draw.ellipse((left, top, left + side, top + side), fill=(255, 205, 60), outline=(120, 80, 0), width=line)
    for eye in (0.3, 0.6):
        x = left + side * eye
        draw.ellipse((x, top + side * 0.3, x + side * 0.12, top + side * 0.45), fill="black")
    smile = (left + side * 0.25, top + side * 0.3, left + side * 0.75, top + side * 0.78)
    draw.arc(smile, 20, 160, fill="black", width=line * 2)
    return made


def watermarked(image: Image.Image) -> Image.Image:
    """Half transparent words at the lower right."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    place = (image.width * 0.97, image.height * 0.97)
    ImageDraw.Draw(layer).text(
        place, "© example.org", (255, 255, 255, 150), anchor="rs", font_size=max(8, min(image.size) // 14)
    )
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def tiled(image: Image.Image) -> Image.Image:
    """Transparent words aslant all over it, as sellers of pictures put them."""
    side = math.ceil(math.hypot(*image.size))
    layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    size = max(8, min(image.size) // 12)
    for row, y in enumerate(range(0, side, size * 3)):
        for x in range(-size * 4 * (row % 2), side, size * 8):
            draw.text((x, y), "SAMPLE", (255, 255, 255, 90), font_size=size)
    layer = layer.rotate(30, Image.Resampling.BICUBIC)
    left, top = (side - image.width) // 2, (side - image.height) // 2
    layer = layer.crop((left, top, left + image.width, top + image.height))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def on_phone(image: Image.Image) -> Image.Image:
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


def on_desktop(image: Image.Image) -> Image.Image:
    """The picture in a window: bars above, a list beside it, lines of words below."""
    width, height = 1280, 800
    screen = Image.new("RGB", (width, height), (246, 246, 248))
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, width, 42), fill=(222, 224, 230))
    draw.rounded_rectangle((180, 8, 900, 34), 12, fill="white")
    draw.text((200, 13), "example.org/pictures/2041", fill=(60, 60, 60), font_size=14)
    for line in range(9):
        draw.text((24, 80 + 40 * line), f"Album {line + 1}", fill=(40, 60, 120), font_size=16)
    shown = ImageOps.contain(image, (800, 560), Image.Resampling.LANCZOS)
    screen.paste(shown, (200, 80))
    for line in range(3):
        draw.rectangle((200, 670 + 34 * line, 860 - 120 * (line % 2), 686 + 34 * line), fill=(206, 208, 214))
    return screen


def _patch(number: int, size: Size) -> Image.Image:
    """Blots of colour that look like no other patch: what else a collage shows."""
    rng = np.random.default_rng((SEED, number))
    blots = Image.fromarray(rng.integers(20, 235, (7, 7, 3), dtype=np.uint8))
    made = blots.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(made)
    for _ in range(40):
        x, y = int(rng.integers(0, size[0])), int(rng.integers(0, size[1]))
        side = int(rng.integers(4, max(5, min(size) // 6)))
        draw.rectangle((x, y, x + side, y + side), fill=tuple(int(level) for level in rng.integers(0, 255, 3)))
    return made


def beside_another(image: Image.Image) -> Image.Image:
    """The left half of a picture twice as wide."""
    made = Image.new("RGB", (image.width * 2, image.height))
    made.paste(image, (0, 0))
    made.paste(_patch(1, image.size), (image.width, 0))
    return made


def in_collage(image: Image.Image) -> Image.Image:
    """One quarter of four pictures, two by two."""
    made = Image.new("RGB", (image.width * 2, image.height * 2))
    for number, place in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        part = image if number == 1 else _patch(number, image.size)
        made.paste(part, (place[0] * image.width, place[1] * image.height))
    return made


def passed_on(image: Image.Image) -> Image.Image:
    """What a chain of messengers leaves: a little cropped, smaller, a little brighter."""
    return ImageEnhance.Brightness(_scaled(cropped(0.9, image), 0.6)).enhance(1.08)


def disguised(image: Image.Image) -> Image.Image:
    """What somebody does who wants it not to be found: mirrored, cropped, turned a little, captioned."""
    return captioned(turned(3, cropped(0.7, ImageOps.mirror(image))))
