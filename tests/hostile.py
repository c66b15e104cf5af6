"""Files that mean no good, made for the tests: each small enough to be written here and named after what it tries."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from gallery.pictures import Picture
from tests import pictures

SCRIPT = "<img src=x onerror=window.hacked=1>"
"""What a page must show as these very letters."""

GPS = {1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)}
"""A place in EXIF: latitude and longitude in degrees, minutes and seconds."""


def photo(seed: int = 0, *, width: int = 160, height: int = 120) -> Picture:
    return pictures.photograph(seed, width=width, height=height, things=12)


def jpeg(seed: int = 0) -> bytes:
    return pictures.encoded(photo(seed))


def png(seed: int = 0) -> bytes:
    return pictures.encoded(photo(seed), "PNG")


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of 74 bytes that claims any size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")[:17].ljust(17, b"\0")) + chunk(b"IEND", b"")


def png_of_megapixels(width: int, height: int) -> bytes:
    """A whole PNG of one bit a pixel: a few kilobytes that unpack to all of ``width`` × ``height``."""
    rows = zlib.compress((b"\0" + bytes((width + 7) // 8)) * height, 9)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb(chunks: int = 200_000) -> bytes:
    """A PNG with a text chunk for every word of a novel."""
    plain = png()
    head, rest = plain[:33], plain[33:]
    return head + chunk(b"tEXt", b"Comment\0hello") * chunks + rest


def damaged_png() -> bytes:
    """A PNG with one wrong bit, which its checksum tells."""
    content = bytearray(png())
    content[len(content) // 2] ^= 0x10
    return bytes(content)


def zip_and_jpeg() -> bytes:
    """A picture that is an archive too."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("../../shell.php", "<?php system($_GET['c']); ?>")
    return jpeg(1) + archive.getvalue()


def page_and_jpeg() -> bytes:
    """A picture that is a web page too, in a comment before its pixels and behind its end."""
    plain = jpeg(2)
    comment = f"<html><body>{SCRIPT}<!--".encode()
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return plain[:2] + segment + plain[2:] + b"--><script>window.hacked=1</script></body></html>"


def endless_gif(frames: int = 5_000) -> bytes:
    """An animation of two pixels by two, for minutes."""
    head = b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(3) + b"\xff\xff\xff"
    return head + b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x01\0" * frames + b";"


def animated(kind: str) -> bytes:
    """Three frames of different pictures, as an APNG, a GIF or an animated WebP."""
    first, *others = (Image.fromarray(photo(seed)) for seed in (21, 22, 23))
    return pictures.encoded(first, kind, save_all=True, append_images=others, duration=80)


def telling_jpeg(seed: int = 3, *, orientation: int = 1) -> bytes:
    """A photo whose EXIF says where it was taken and by whom, holds markup and a thumbnail of another picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SCRIPT  # description
    exif[0x013B] = "Erika Mustermann"  # author
    exif[0x8298] = SCRIPT  # copyright
    exif.get_ifd(0x8825).update(GPS)
    return pictures.encoded(photo(seed), exif=exif)


def png_with_text(seed: int = 4) -> bytes:
    """A PNG whose text chunks hold markup."""
    info = PngImagePlugin.PngInfo()
    for key in ("Title", "Author", "Description"):
        info.add_text(key, SCRIPT)
    return pictures.encoded(photo(seed), "PNG", pnginfo=info)


def in_mode(mode: str) -> tuple[bytes, str]:
    """A picture in an unusual mode of Pillow's, and the format it is in."""
    shown = Image.fromarray(photo(5))
    if mode == "CMYK":
        return pictures.encoded(shown.convert("CMYK")), "JPEG"
    if mode == "I;16":
        grey = np.asarray(shown.convert("L")).astype(np.uint16) * 257
        return pictures.encoded(Image.fromarray(grey), "PNG"), "PNG"
    if mode == "P":
        return pictures.encoded(shown.convert("P"), "PNG", transparency=0), "PNG"
    return pictures.encoded(shown.convert(mode), "PNG"), "PNG"
