"""
Pictures painted for the tests: the same seed paints the same pixels, on every machine.

``photograph`` looks like a photograph to hashes, networks and corner detectors: soft light, many textured things of
many sizes, grain. ``page`` looks like a text document, ``screenshot`` like a phone showing a picture.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gallery.pictures import Picture, checked

Rng = np.random.Generator


def photograph(seed: int = 0, *, width: int = 640, height: int = 480, things: int = 60) -> Picture:
    """A photo-like picture: a lit background, ``things`` textured shapes and film grain."""
    rng = np.random.default_rng(seed)
    canvas = _light(rng, width=width, height=height)
    for number in range(things):
        mask, left, top = _shape(rng, width=width, height=height, size=0.5 * (1 - number / things) + 0.06)
        part = canvas[top : top + mask.shape[0], left : left + mask.shape[1]]
        part[mask] = _surface(rng, width=mask.shape[1], height=mask.shape[0])[mask]
    canvas += rng.normal(0, 4, (height, width, 1))
    return checked(np.clip(canvas, 0, 255).astype(np.uint8))


def page(seed: int = 0, *, width: int = 600, height: int = 800) -> Picture:
    """A document: black words of strokes in lines on white paper."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    size = max(6, height // 60)
    for top in range(2 * size, height - 2 * size, 2 * size):
        left = 2.0 * size
        while left < width * rng.uniform(0.75, 0.95):
            for _letter in range(int(rng.integers(2, 10))):
                corners = rng.uniform(0, 1, (3, 2)) * (size * 0.5, size) + (left, top)
                draw.line([tuple(corner) for corner in corners.tolist()], fill="black", width=max(1, size // 7))
                left += size * 0.6
            left += size * 0.6
    return checked(np.asarray(image))


def screenshot(picture: Picture, *, width: int = 540, height: int = 1100, background: str = "white") -> Picture:
    """A phone's screen: a status bar, lines of words and ``picture`` across it, a little below the top."""
    image = Image.new("RGB", (width, height), background)
    ink = "black" if background == "white" else "white"
    draw = ImageDraw.Draw(image)
    draw.text((width * 0.04, height * 0.012), "12:34", fill=ink)
    draw.text((width * 0.85, height * 0.012), "87 %", fill=ink)
    shown = Image.fromarray(picture)
    shown = shown.resize((width, max(1, round(width * shown.height / shown.width))), Image.Resampling.LANCZOS)
    top = round(height * 0.2)
    image.paste(shown, (0, top))
    for line in range(4):
        words = "A picture that a friend has sent this morning, with a few words about it."
        draw.text((width * 0.05, top + shown.height + height * 0.03 * (line + 1)), words, fill=ink)
    return checked(np.asarray(image))


def plain(*, width: int = 320, height: int = 240, colour: tuple[int, int, int] = (120, 90, 60)) -> Picture:
    """One colour and nothing else."""
    return checked(np.full((height, width, 3), colour, np.uint8))


def encoded(picture: NDArray[np.uint8] | Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """``picture`` as a file of Pillow's format ``kind``; the options go to Pillow."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def written(folder: Path, picture: NDArray[np.uint8] | Image.Image, name: str = "picture.png", **options: Any) -> Path:
    """``picture`` as a file ``name`` in ``folder``; the extension chooses the format."""
    path = folder / name
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(path, **options)
    return path


def resized(picture: Picture, scale: float) -> Picture:
    """``picture`` scaled by ``scale``, smoothly."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return checked(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)))


def cropped(picture: Picture, share: float) -> Picture:
    """The middle of ``picture``, ``share`` of its width and of its height."""
    height, width = picture.shape[:2]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return checked(picture[top : height - top, left : width - left])


def rotated(picture: Picture, degrees: float) -> Picture:
    """``picture`` turned anticlockwise in its frame; the corners that open are black."""
    return checked(np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC)))


def captioned(picture: Picture, words: str = "WHEN THE PICTURE HAS WORDS") -> Picture:
    """``picture`` with a white bar of words at its foot."""
    image = Image.fromarray(picture).copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, round(image.height * 0.86), image.width, image.height), fill="white")
    draw.text((image.width * 0.06, image.height * 0.88), words, fill="black", font_size=image.height * 0.06)
    return checked(np.asarray(image))


def cut_out(picture: Picture) -> Image.Image:
    """The ellipse in the middle of ``picture``; around it is nothing."""
    image = Image.fromarray(picture).convert("RGBA")
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((image.width * 0.1, image.height * 0.1, image.width * 0.9, image.height * 0.9), 255)
    image.putalpha(mask)
    return image


def _light(rng: Rng, *, width: int, height: int) -> NDArray[np.float32]:
    """A sky: clouds of noise in octaves, tinted from one colour at the top to another at the foot."""
    top, foot = rng.uniform(40, 230, 3), rng.uniform(20, 200, 3)
    fade = np.linspace(0, 1, height)[:, None, None]
    clouds = _noise(rng, width=width, height=height, octaves=5)[..., None]
    return (top * (1 - fade) + foot * fade + 45 * clouds).astype(np.float32)


def _noise(rng: Rng, *, width: int, height: int, octaves: int) -> NDArray[np.float32]:
    """Smooth noise of about -1 to 1: grids of random values, each twice as fine and half as strong as the last."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 3 * 2**octave
        grid = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return total / 1.5


def _shape(rng: Rng, *, width: int, height: int, size: float) -> tuple[NDArray[np.bool_], int, int]:
    """A random ellipse or polygon, about ``size`` of the frame across: its mask, and the left and top of its box."""
    across = size * min(width, height) / 2
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    left, top = max(0, int(x - across)), max(0, int(y - across))
    right, foot = min(width, int(x + across) + 2), min(height, int(y + across) + 2)
    image = Image.new("L", (right - left, foot - top))
    draw = ImageDraw.Draw(image)
    x, y = x - left, y - top
    if rng.random() < 0.4:
        half_x, half_y = across * rng.uniform(0.4, 1, 2)
        draw.ellipse((x - half_x, y - half_y, x + half_x, y + half_y), fill=255)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        reach = across * rng.uniform(0.5, 1, len(angles))
        corners = zip(x + reach * np.cos(angles), y + reach * np.sin(angles), strict=True)
        draw.polygon([(float(a), float(b)) for a, b in corners], fill=255)
    return np.asarray(image) > 0, left, top


def _surface(rng: Rng, *, width: int, height: int) -> NDArray[np.float32]:
    """A coloured texture: stripes, checks or speckle over a gradient."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    colour = rng.uniform(10, 245, 3)
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(6, 40)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    pattern = int(rng.integers(3))
    if pattern == 0:
        texture = np.sin(2 * np.pi * along / pitch)
    elif pattern == 1:
        texture = np.sign(np.sin(2 * np.pi * along / pitch) * np.sin(2 * np.pi * across / pitch))
    else:
        texture = 1.5 * _noise(rng, width=width, height=height, octaves=6)
    shade = rng.uniform(-0.15, 0.15) * along
    surface: NDArray[np.float32] = (colour + (rng.uniform(8, 40) * texture + shade)[..., None]).astype(np.float32)
    return surface
