"""
What a file is, from its first bytes. Loads no image library, so the web process may use it.

A file is what its content says; its name only earns a note.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from gallery.errors import EmptyFile, TooManyPixels, UnsupportedType
from gallery.images import dimensions, foreign

HEAD_BYTES = 256 * 1024
"""As much of a file as :func:`sniff` looks at. A camera's embedded preview comes before the size in a JPEG."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A format that is accepted."""

    label: str
    """As people call it."""
    content_type: str
    extensions: tuple[str, ...]
    """Without dot; the first is the one that files are stored under."""
    pillow: str
    """What Pillow calls it."""
    size: Callable[[bytes], dimensions.Size]


KINDS: dict[str, Kind] = {
    "jpeg": Kind(
        label="JPEG",
        content_type="image/jpeg",
        extensions=("jpg", "jpeg", "jpe", "jfif", "mpo"),
        pillow="JPEG",
        size=dimensions.of_jpeg,
    ),
    "png": Kind(
        label="PNG", content_type="image/png", extensions=("png", "apng"), pillow="PNG", size=dimensions.of_png
    ),
    "gif": Kind(label="GIF", content_type="image/gif", extensions=("gif",), pillow="GIF", size=dimensions.of_gif),
    "webp": Kind(label="WebP", content_type="image/webp", extensions=("webp",), pillow="WEBP", size=dimensions.of_webp),
    "avif": Kind(
        label="AVIF", content_type="image/avif", extensions=("avif", "avifs"), pillow="AVIF", size=dimensions.of_heif
    ),
    "heic": Kind(
        label="HEIC",
        content_type="image/heic",
        extensions=("heic", "heif", "hif"),
        pillow="HEIF",
        size=dimensions.of_heif,
    ),
}

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))

_EXTENSION = re.compile(r"\.([a-z][a-z0-9]{1,4})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the first bytes tell. ``width`` and ``height`` are as stored, in pixels, and 0 where the head is silent."""

    kind: str
    content_type: str
    extension: str
    width: int
    height: int


def sniff(head: bytes) -> Header:
    """
    Tell the format of a file.

    :param head: the first :data:`HEAD_BYTES` of the file, or all of a shorter one.
    :raises EmptyFile: if there is nothing in it.
    :raises UnsupportedType: if it is no format of :data:`KINDS`; the sentence names what it is.
    """
    if not head:
        raise EmptyFile("The file is empty. Choose another one.")
    name = _kind(head)
    if name is None:
        raise UnsupportedType(foreign.refusal(head))
    kind = KINDS[name]
    width, height = kind.size(head)
    return Header(kind=name, content_type=kind.content_type, extension=kind.extensions[0], width=width, height=height)


def check(header: Header, *, max_pixels: int) -> None:
    """
    Refuse a picture that claims too many pixels before anything decodes it.

    :raises TooManyPixels: if it has more than ``max_pixels``.
    """
    check_pixels(header.width, header.height, max_pixels=max_pixels)


def check_pixels(width: int, height: int, *, max_pixels: int) -> None:
    """:raises TooManyPixels: if ``width`` times ``height`` is more than ``max_pixels``."""
    if width * height > max_pixels:
        claimed = _above(width * height / 1e6, limit=max_pixels / 1e6)
        raise TooManyPixels(
            f"The picture has {claimed} Mpx; the limit is {max_pixels / 1e6:,g}. Scale it down and upload it again."
        )


def _above(number: float, *, limit: float) -> str:
    """``number`` with as few decimals as show it to be above ``limit``: "50.1 Mpx; the limit is 50"."""
    for decimals in (0, 1, 2, 3):
        if round(number, decimals) > limit:
            return f"{number:,.{decimals}f}"
    return f"{number:,.6f}"


def name_note(filename: str, header: Header) -> str:
    """A sentence for the uploader where the name's extension contradicts the content, else an empty string."""
    kind = KINDS[header.kind]
    suffix = _EXTENSION.fullmatch(PurePath(filename).suffix)
    if suffix is None or suffix[1].lower() in kind.extensions:
        return ""
    return f"This is a {kind.label} file named .{suffix[1].lower()}; it was stored as {kind.label}."


def _kind(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _heif_kind(head)
    return None


def _heif_kind(head: bytes) -> str | None:
    """AVIF and HEIC share a container; the brands that the file lists tell them apart."""
    length = min(int.from_bytes(head[:4], "big"), len(head), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else None
