"""Names files that are not accepted, so that the refusal can say what somebody has uploaded."""

import re
from collections.abc import Callable

_SVG = re.compile(rb"<svg[\s>:]", re.IGNORECASE)
_HTML = re.compile(rb"<(!doctype html|html|head|body|script|iframe)[\s>]", re.IGNORECASE)

_PICTURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("a TIFF file", lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))),
    ("a BMP file", lambda head: head.startswith(b"BM") and len(head) > 14),
    ("a JPEG XL file", lambda head: head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"))),
    ("a JPEG 2000 file", lambda head: head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"))),
    ("an SVG drawing", lambda head: _SVG.search(head[:4096]) is not None and _is_text(head)),
    ("an EPS drawing", lambda head: head.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6"))),
    ("a Photoshop file", lambda head: head.startswith(b"8BPS")),
    ("an icon file", lambda head: head.startswith((b"\0\0\1\0", b"\0\0\2\0")) and len(head) > 6),
    ("an OpenEXR file", lambda head: head.startswith(b"v/1\1")),
    ("a GIMP file", lambda head: head.startswith(b"gimp xcf")),
    ("a DDS texture", lambda head: head.startswith(b"DDS ")),
    ("a QOI file", lambda head: head.startswith(b"qoif")),
    ("a raw photo of a camera", lambda head: head.startswith((b"FUJIFILMCCD-RAW", b"IIRO", b"IIU\0"))),
    ("a NetPBM file", lambda head: re.match(rb"P[1-7][ \t\r\n#]", head) is not None),
)
"""Pictures that a program can save as another format."""

_OTHERS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("a PDF document", lambda head: b"%PDF-" in head[:1024]),
    ("a ZIP archive", lambda head: head.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08"))),
    ("a compressed archive", lambda head: head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"\xfd7zXZ", b"Rar!"))),
    ("a video", lambda head: head[4:8] == b"ftyp" or head.startswith(b"\x1aE\xdf\xa3")),
    ("a video", lambda head: head.startswith(b"RIFF") and head[8:12] == b"AVI "),
    ("a sound file", lambda head: head.startswith((b"ID3", b"OggS", b"fLaC"))),
    ("a sound file", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WAVE"),
    ("a program", lambda head: head.startswith((b"MZ", b"\x7fELF", b"#!"))),
    ("a web page", lambda head: _HTML.search(head[:4096]) is not None and _is_text(head)),
    ("a text file", lambda head: _is_text(head)),
)
"""Files that are no pictures."""


def refusal(head: bytes) -> str:
    """The sentence for a file that starts with ``head`` and is not accepted."""
    for name, matches in _PICTURES:
        if matches(head):
            return f"This is {name}. Save it as JPEG or PNG and upload it again."
    for name, matches in _OTHERS:
        if matches(head):
            return f"This is {name}, not a picture. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC file."
    return "This is not a picture that can be read here. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC file."


def _is_text(head: bytes) -> bool:
    """Whether ``head`` reads as text: no control characters but white space, in UTF-8 or an older encoding."""
    part = head[:4096]
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in part)
