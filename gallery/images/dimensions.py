"""
Width and height as a file's first bytes state them, by format. Plain byte reading: no image library.

Every function takes the head of a file, however short or damaged, and gives ``(width, height)`` in pixels as stored,
before any rotation; ``(0, 0)`` where the head does not say. None raises.
"""

from collections.abc import Iterator

Size = tuple[int, int]

UNKNOWN: Size = (0, 0)

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 without the markers for tables that stand among them (ITU-T T.81, table B.1)."""

_JPEG_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))


def of_jpeg(head: bytes) -> Size:
    """From the first start-of-frame segment."""
    at = 2
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return UNKNOWN
        marker = head[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            at += 2
        elif marker in _JPEG_FRAMES:
            return _known(_big(head, at + 7, 2), _big(head, at + 5, 2))
        elif marker in (0xD9, 0xDA):  # the end, or pixels before any frame
            return UNKNOWN
        else:
            at += 2 + max(2, _big(head, at + 2, 2))
    return UNKNOWN


def of_png(head: bytes) -> Size:
    """From the IHDR chunk, which always comes first."""
    if head[12:16] != b"IHDR":
        return UNKNOWN
    return _known(_big(head, 16, 4), _big(head, 20, 4))


def of_gif(head: bytes) -> Size:
    """From the logical screen."""
    return _known(_little(head, 6, 2), _little(head, 8, 2))


def of_webp(head: bytes) -> Size:
    """From the first chunk: lossy, lossless or extended."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        return _known(_little(head, 24, 3) + 1, _little(head, 27, 3) + 1) if len(head) >= 30 else UNKNOWN
    if chunk == b"VP8L" and len(head) >= 25 and head[20] == 0x2F:
        bits = _little(head, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return _known(_little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF)
    return UNKNOWN


def of_heif(head: bytes) -> Size:
    """
    From the largest ``ispe`` property of an AVIF or HEIC file.

    Such a file may hold tiles and a thumbnail beside the picture, each with a size; the picture's is the largest.
    """
    best = UNKNOWN
    for meta in _boxes(head, 0, len(head), b"meta"):
        for properties in _boxes(head, meta[0] + 4, meta[1], b"iprp"):
            for container in _boxes(head, *properties, b"ipco"):
                for start, _end in _boxes(head, *container, b"ispe"):
                    size = _known(_big(head, start + 4, 4), _big(head, start + 8, 4))
                    best = max(best, size, key=lambda size: size[0] * size[1])
    return best


def _boxes(head: bytes, start: int, end: int, kind: bytes) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of one kind begin and end (ISO/IEC 14496-12, 4.2)."""
    end = min(end, len(head))
    while start + 8 <= end:
        length, body = _big(head, start, 4), start + 8
        if length == 1:
            length, body = _big(head, start + 8, 8), start + 16
        elif length == 0:
            length = end - start
        if length < body - start:
            return
        if head[start + 4 : start + 8] == kind:
            yield body, min(start + length, end)
        start += length


def _known(width: int, height: int) -> Size:
    return (width, height) if width and height else UNKNOWN


def _big(head: bytes, at: int, length: int) -> int:
    """0 beyond the end of ``head``."""
    part = head[at : at + length]
    return int.from_bytes(part, "big") if len(part) == length else 0


def _little(head: bytes, at: int, length: int) -> int:
    part = head[at : at + length]
    return int.from_bytes(part, "little") if len(part) == length else 0
