"""
The skeleton of a file, walked without decoding: how many parts it has, and whether it ends early.

Decoders loop over a file's metadata in ways that a small file can make very long: 200,000 text chunks cost Pillow
seconds inside ``open()``, and a GIF's comments are joined one by one. The walks here take bounded time and come first.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gallery.errors import MetadataTooLarge

MAX_METADATA_PARTS = 2_000
"""Chunks, segments or blocks that hold no pixels. Photos with the most metadata have a few hundred."""

MAX_METADATA_BYTES = 1_000_000
"""What a GIF may say before its first frame: Pillow joins a comment's 255-byte blocks one by one, in quadratic time."""

MAX_PIXEL_CHUNKS = 100_000

MAX_FRAMES = 10_000
"""Frames are counted up to here."""

_MAX_SUB_BLOCKS = 1_000_000

_PIXEL_CHUNKS = frozenset((b"IDAT", b"fdAT", b"fcTL"))


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What a walk found."""

    complete: bool
    """False where the file ends before its format says."""
    frames: int = 0
    """0 where the walk does not count them."""


def walk(path: Path, kind: str) -> Structure:
    """
    Walk the file at ``path``.

    :param kind: a key of :data:`gallery.images.header.KINDS`.
    :raises MetadataTooLarge: if it has more parts than a decoder should be asked to go through.
    """
    with path.open("rb") as file:
        if kind == "png":
            return _png(file)
        if kind == "jpeg":
            return _jpeg(file)
        if kind == "gif":
            return _gif(file.read())
        if kind == "webp":
            return _webp(file)
        return _heif(file)


def _png(file: BinaryIO) -> Structure:
    size = _size(file)
    at, metadata, pixels = 8, 0, 0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        if head[4:] == b"IEND":
            return Structure(complete=True)
        if head[4:] in _PIXEL_CHUNKS:
            pixels += 1
        else:
            metadata += 1
        if metadata > MAX_METADATA_PARTS or pixels > MAX_PIXEL_CHUNKS:
            raise _too_large("chunks")
        at += 12 + int.from_bytes(head[:4], "big")
    return Structure(complete=False)


def is_damaged(path: Path, kind: str) -> bool:
    """Whether a part of the file fails its own checksum. Only a PNG has any (its specification, 5.5)."""
    if kind != "png":
        return False
    data = path.read_bytes()
    at = 8
    while at + 12 <= len(data) and (end := at + 12 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return True
        at = end
    return False


def _jpeg(file: BinaryIO) -> Structure:
    """Only the segments before the first scan count; whether the end marker is there is read off the last bytes."""
    size = _size(file)
    at, segments = 2, 0
    while at + 4 <= size:
        file.seek(at)
        head = file.read(4)
        if head[0] != 0xFF or head[1] == 0xDA:
            break
        at += 1 if head[1] == 0xFF else 2 + max(2, int.from_bytes(head[2:], "big"))
        segments += 1
        if segments > MAX_METADATA_PARTS:
            raise _too_large("segments")
    file.seek(max(0, size - 4096))
    return Structure(complete=at < size and b"\xff\xd9" in file.read())


def _webp(file: BinaryIO) -> Structure:
    claimed = int.from_bytes(file.read(8)[4:], "little")
    return Structure(complete=claimed + 8 <= _size(file))


def _heif(file: BinaryIO) -> Structure:
    """The boxes of the outermost level (ISO/IEC 14496-12, 4.2); the last may run to the end of the file."""
    size = _size(file)
    at = parts = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 0:
            return Structure(complete=True)
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8:
            return Structure(complete=False)
        parts += 1
        if parts > MAX_METADATA_PARTS:
            raise _too_large("boxes")
        at += length
    return Structure(complete=at == size)


def _gif(data: bytes) -> Structure:
    """Frames, extensions and their sub-blocks (GIF89a specification, appendix B)."""
    at = 13 + _palette(data, 10)
    frames = extensions = said = blocks = 0
    while at < len(data) and data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            frames += 1
            at += 10 + _palette(data, at + 9) + 1
        elif data[at] == 0x21:
            extensions += 1
            at += 2
        else:  # decoders skip what they do not know, and so does this
            at += 1
            continue
        while at < len(data) and data[at] and blocks < _MAX_SUB_BLOCKS:
            at += 1 + data[at]
            blocks += 1
        at += 1
        said += 0 if frames else at - start
        if frames == 0 and (extensions > MAX_METADATA_PARTS or said > MAX_METADATA_BYTES):
            raise _too_large("blocks")
        if frames >= MAX_FRAMES or blocks >= _MAX_SUB_BLOCKS:
            return Structure(complete=True, frames=frames)
    return Structure(complete=at < len(data), frames=frames)


def _palette(data: bytes, at: int) -> int:
    """The bytes of the colour table that the packed field at ``at`` announces."""
    packed = data[at] if at < len(data) else 0
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _size(file: BinaryIO) -> int:
    place = file.tell()
    size = file.seek(0, 2)
    file.seek(place)
    return size


def _too_large(parts: str) -> MetadataTooLarge:
    return MetadataTooLarge(
        f"The file carries far more {parts} of metadata than a picture needs. Save it without them and upload it again."
    )
