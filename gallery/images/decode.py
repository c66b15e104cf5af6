"""
The one door to the image decoders: a file in, upright sRGB pixels or a refusal out.

Decoding is full-size and nothing is random, so equal pixels give equal hashes. It is meant to run in the child process
of :mod:`gallery.images.sandbox`: it sets limits of Pillow that hold for the whole process while it runs.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, ExifTags, Image, ImageCms, PngImagePlugin

from gallery import pictures
from gallery.errors import IngestError, MetadataTooLarge, TooManyPixels, Truncated, Undecodable
from gallery.images import structure
from gallery.images.header import HEAD_BYTES, KINDS, Header, check, check_pixels, sniff
from gallery.images.quality import jpeg_quality
from gallery.pictures import Picture

DECODER_VERSION = 1
"""Goes up when the same file may give other pixels (a change here or in a codec): pixel hashes are then made anew."""

MAX_TEXT_BYTES = 8 * 1024 * 1024
"""What all text chunks of a PNG may unpack to."""

SEEN_THROUGH = 0.02
"""Share of the picture that must be more transparent than not for its ground to matter."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what undoes it (CIPA DC-008, 4.6.4 A, tag 274)."""

_UNREADABLE_EXIF = (SyntaxError, ValueError, KeyError, TypeError, IndexError, OverflowError, OSError, struct.error)
"""What Pillow raises on EXIF blocks that are damaged."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A picture and what its file said about it."""

    picture: Picture
    kind: str
    """A key of :data:`gallery.images.header.KINDS`."""
    width: int
    height: int
    """Upright, in pixels."""
    source_mode: str
    """Pillow's mode of the pixels in the file: ``RGB``, ``CMYK``, ``I;16`` …"""
    frames: int
    """Of an animation, counted up to :data:`gallery.images.structure.MAX_FRAMES`; 1 for a still."""
    jpeg_quality: int | None
    """1 to 100, estimated; None if it is no JPEG."""
    has_alpha: bool
    over_black: Picture | None = None
    """The picture over black instead of white, where at least :data:`SEEN_THROUGH` of it is transparent."""


def decode(path: Path, *, max_pixels: int) -> Decoded:
    """
    Decode the file at ``path``: its first frame, upright, in sRGB, over white where it is transparent.

    :raises UnsupportedType: if it is of no accepted format.
    :raises EmptyFile: if it has no bytes.
    :raises TooManyPixels: if it has more than ``max_pixels``.
    :raises MetadataTooLarge: if its metadata is out of proportion.
    :raises Truncated: if it ends early or fails its checksum.
    :raises Undecodable: if its decoder cannot read it for another reason.
    :raises OSError: if the file itself cannot be opened.
    """
    with path.open("rb") as file:
        header = sniff(file.read(HEAD_BYTES))
    check(header, max_pixels=max_pixels)
    skeleton = structure.walk(path, header.kind)
    try:
        with _limits(max_pixels), _opened(path, header) as image:
            check_pixels(*image.size, max_pixels=max_pixels)
            return _decoded(image, header, skeleton)
    except (IngestError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything at all on a damaged file: this is the door where it is told
        raise _refusal(error, header, skeleton, is_damaged=structure.is_damaged(path, header.kind)) from error


def _opened(path: Path, header: Header) -> Image.Image:
    """Opened as what it was sniffed to be and as nothing else."""
    if header.kind == "heic":
        _register_heif()
    return Image.open(path, formats=(KINDS[header.kind].pillow,))


@cache
def _register_heif() -> None:
    # Here and not above: its libraries cost every child 30 MB, for a format that few sites see.
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


@contextmanager
def _limits(max_pixels: int) -> Iterator[None]:
    """Pillow's own guards, drawn tight; its warnings about bombs are refusals, those about odd metadata are not."""
    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_MEMORY, AvifImagePlugin.DEFAULT_MAX_THREADS
    Image.MAX_IMAGE_PIXELS = max_pixels
    PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_BYTES
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_MEMORY, AvifImagePlugin.DEFAULT_MAX_THREADS = before


def _decoded(image: Image.Image, header: Header, skeleton: structure.Structure) -> Decoded:
    image.load()
    source_mode, has_alpha = image.mode, image.has_transparency_data
    frames = skeleton.frames or _claimed_frames(image, header)
    quality = jpeg_quality(image)
    transpose = _UPRIGHT.get(_orientation(image))
    profile = image.info.get("icc_profile")

    def upright(flat: Image.Image) -> Picture:
        flat = _in_srgb(flat, profile)
        return pictures.checked(np.asarray(flat if transpose is None else flat.transpose(transpose)))

    picture = upright(_without_alpha(image, has_alpha=has_alpha))
    return Decoded(
        picture=picture,
        kind=header.kind,
        width=picture.shape[1],
        height=picture.shape[0],
        source_mode=source_mode,
        frames=frames,
        jpeg_quality=quality,
        has_alpha=has_alpha,
        over_black=upright(_over(image, "black")) if has_alpha and _is_seen_through(image) else None,
    )


def _is_seen_through(image: Image.Image) -> bool:
    """16 bits of grey are not: their one transparent level is white, see :func:`_eight_bits`."""
    if image.mode.startswith("I"):
        return False
    opacity = image.convert("RGBA").getchannel("A").histogram()
    return sum(opacity[:128]) >= SEEN_THROUGH * image.width * image.height


def _claimed_frames(image: Image.Image, header: Header) -> int:
    """As the file says, up to what is counted elsewhere. Further pictures in a JPEG or HEIC are no frames."""
    if header.kind not in ("png", "webp", "avif"):
        return 1
    return max(1, min(int(getattr(image, "n_frames", 1)), structure.MAX_FRAMES))


def _orientation(image: Image.Image) -> int:
    """1 to 8. A damaged EXIF block says nothing, and the picture stands as it is stored."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _UNREADABLE_EXIF:
        return 1
    return found if isinstance(found, int) else 1


def _without_alpha(image: Image.Image, *, has_alpha: bool) -> Image.Image:
    """In mode L, RGB or CMYK: the transparent parts over white, palettes looked up, 16 bits a channel brought to 8."""
    if image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(image))
    if has_alpha:
        return _over(image, "white")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _over(image: Image.Image, ground: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image.convert("RGBA")).convert("RGB")


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """
    Sixteen bits of grey to eight: 65,535 is 255 × 257.

    Pillow's own ``convert`` cuts everything above 255 off, and any two scans come out white.
    """
    grey = np.asarray(image).astype(np.int64)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[grey == transparent] = 65_535
    return ((np.clip(grey, 0, 65_535) + 128) // 257).astype(np.uint8)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """In RGB, by the file's ICC profile where it has one that can be used; a broken one is ignored as browsers do."""
    if not profile:
        return image.convert("RGB")
    try:
        transform = _transform(profile, image.mode)
        converted = ImageCms.applyTransform(image, transform) if transform is not None else None
    except (ImageCms.PyCMSError, OSError):
        converted = None
    return converted if converted is not None else image.convert("RGB")


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """
    From ``profile`` to sRGB; None if the profile is sRGB, under whatever name.

    Telling costs a millisecond and spares two pictures that differ in nothing but an embedded sRGB profile the rounding
    that would make their pixels differ.
    """
    transform = ImageCms.buildTransform(io.BytesIO(profile), _srgb(), mode, "RGB")
    if mode != "RGB":
        return transform
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), transform))
    return None if int(np.abs(changed.astype(int) - colours).max()) <= 2 else transform


def _refusal(error: Exception, header: Header, skeleton: structure.Structure, *, is_damaged: bool) -> IngestError:
    """Every exception of a decoder in the uploader's words."""
    said = str(error)
    label = KINDS[header.kind].label
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return TooManyPixels("The picture has more pixels than the limit allows. Scale it down and upload it again.")
    if "MAX_TEXT" in said:
        return MetadataTooLarge(
            "The file carries too much text beside the picture. Save it without metadata and upload it again."
        )
    if is_damaged or "checksum" in said:
        return Truncated("The file was damaged on its way; upload it again.")
    if not skeleton.complete or "truncated" in said.lower() or "eof" in said.lower():
        return Truncated("The file ends early; upload it again.")
    return Undecodable(f"This {label} file cannot be read. Save the picture anew and upload that copy.")
