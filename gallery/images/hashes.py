"""
Hashes: of the bytes, of the pixels, and PDQ of what is seen.

PDQ is the perceptual hash of Facebook's ThreatExchange ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019): 256 bits, compared by how many differ. Two hashes within 31 bits show the same picture.
"""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pdqhash
from numpy.typing import NDArray

from gallery.images.scaling import shrunk
from gallery.pictures import Picture

PDQ_BITS = 256
PDQ_BYTES = PDQ_BITS // 8
PDQ_VIEW_NAMES = (
    "as it stands",
    "turned left",
    "upside down",
    "turned right",
    "flipped top to bottom",
    "mirrored",
    "mirrored and turned left",
    "mirrored and turned right",
)
"""What is done to a picture before each of its eight hashes. Mirrored is left to right; then a quarter turn."""

PDQ_VIEWS = len(PDQ_VIEW_NAMES)

PDQ_QUERIES = PDQ_VIEWS + 1
"""What is asked for each picture: its eight hashes, and the complement of the first for its negative."""

PDQ_SIDE = 512
"""The long side, in pixels, of the copy that is hashed: PDQ takes 690 ms on 12 megapixels and 4 ms on this."""

COLOUR_SIDE = 256
"""The long side, in pixels, of the copy in which colours are counted."""


def sha256(stream: BinaryIO) -> str:
    """Of what is left to read in ``stream``, in 64 hexadecimal digits."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def pixel_hash(picture: Picture) -> str:
    """
    SHA-256 over the height, the width and every pixel, in 64 hexadecimal digits.

    Two files with one hash show the same picture to the last bit, whatever their formats. Comparable between equal
    values of :data:`gallery.images.decode.DECODER_VERSION`.
    """
    height, width = picture.shape[:2]
    digest = hashlib.sha256(f"{height}x{width}:".encode())
    digest.update(picture.data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Pdq:
    """PDQ of a picture as it stands and of its seven turned and mirrored selves."""

    hashes: bytes
    """
    256 bytes, 32 for each of :data:`PDQ_VIEW_NAMES`, in that order.
    """
    quality: int
    """0 to 100; below 50 the picture is blank or a gradient and its hash says nothing."""

    @property
    def upright(self) -> bytes:
        """The 32 bytes of the picture as it stands."""
        return self.hashes[:PDQ_BYTES]


def pdq(picture: Picture) -> Pdq:
    """
    PDQ of ``picture``, over a copy of at most :data:`PDQ_SIDE` pixels.

    Pictures of less than 5 pixels on a side are beneath the method and have quality 0.
    """
    small = shrunk(picture, PDQ_SIDE)
    vectors, quality = pdqhash.compute_dihedral(small)
    bits = np.stack([np.asarray(vector, np.uint8) for vector in vectors])
    return Pdq(hashes=np.packbits(bits, axis=1).tobytes(), quality=int(quality))


def hamming(a: bytes, b: bytes) -> int:
    """
    How many bits differ.

    :raises ValueError: if the two are of different lengths.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} bytes cannot be compared with {len(b)}")
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def nearest_view(upright: bytes, hashes: bytes) -> tuple[int, int]:
    """
    The distance, 0 to 256, of one hash to the nearest of another picture's eight views, and which of them it is.

    :param upright: 32 bytes, :attr:`Pdq.upright` of one picture.
    :param hashes: 256 bytes, :attr:`Pdq.hashes` of the other.
    """
    return min((hamming(upright, view), number) for number, view in enumerate(views(hashes)))


def views(hashes: bytes) -> list[bytes]:
    """The eight hashes of 32 bytes that :attr:`Pdq.hashes` consists of."""
    return [hashes[at : at + PDQ_BYTES] for at in range(0, PDQ_VIEWS * PDQ_BYTES, PDQ_BYTES)]


def complement(upright: bytes) -> bytes:
    """
    The hash of the photographic negative, from that of the picture, to a few bits.

    PDQ asks of each coefficient of a cosine transform whether it is above their median, and leaves out the one that is
    the mean. Inverted colours change the sign of all that are asked, and so every answer: the hashes of 200 photographs
    and of their negatives were 254 bits apart or more.
    """
    return bytes(255 - byte for byte in upright)


def queries(hashes: bytes) -> list[bytes]:
    """
    The :data:`PDQ_QUERIES` hashes, of 32 bytes each, to search for among upright ones.

    :param hashes: 256 bytes, :attr:`Pdq.hashes`: they find turned and mirrored copies. The last query finds negatives.
    """
    found = views(hashes)
    return [*found, complement(found[0])]


def are_opposite(one: bytes, other: bytes, *, within: int) -> bool:
    """
    Whether one picture looks like the negative of the other, turned or mirrored perhaps.

    The same both ways round. It says something only of pictures that are neither blank nor gradients.

    :param one: 256 bytes, :attr:`Pdq.hashes`; so ``other``.
    :param within: the distance, 0 to 256, from the complement that is allowed.
    """
    plain, inverted = (
        min(nearest_view(mine, hashes)[0] for mine, hashes in sides)
        for sides in (
            ((one[:PDQ_BYTES], other), (other[:PDQ_BYTES], one)),
            ((complement(one[:PDQ_BYTES]), other), (complement(other[:PDQ_BYTES]), one)),
        )
    )
    return inverted < plain and inverted <= within


def pdq_vector(upright: bytes) -> NDArray[np.float32]:
    """
    A hash as a direction, for indexes that search by inner product: float32, shape ``(256,)``, of unit length.

    Every bit is 1/16 or -1/16, so the inner product of two is 1 - 2 × distance / 256, exactly, also in float16.

    :raises ValueError: if ``upright`` is not 32 bytes.
    """
    if len(upright) != PDQ_BYTES:
        raise ValueError(f"a PDQ hash is {PDQ_BYTES} bytes, not {len(upright)}")
    bits = np.unpackbits(np.frombuffer(upright, np.uint8)).astype(np.float32)
    return (bits * 2 - 1) / np.float32(16)


def pdq_distance(similarity: float) -> int:
    """The distance, 0 to 256, that an inner product of two :func:`pdq_vector` stands for."""
    return min(PDQ_BITS, max(0, round((1 - similarity) * PDQ_BITS / 2)))


def pdq_similarity(distance: int) -> float:
    """The inner product, -1 to 1, of two :func:`pdq_vector` whose hashes are ``distance`` apart."""
    return 1 - 2 * distance / PDQ_BITS


def dominant_share(picture: Picture) -> float:
    """
    The share, 0 to 1, of the most frequent colour: 4 bits a channel, over a copy of at most :data:`COLOUR_SIDE` pixels.

    Above 0.40 a picture is document-like: 96 to 100 % of pages, receipts, charts and chats are, and 3 % of photos.
    """
    codes = colour_codes(shrunk(picture, COLOUR_SIDE))
    return float(np.bincount(codes.ravel(), minlength=4096).max() / codes.size)


def colour_codes(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The colour of every pixel in 12 bits: shape ``(h, w)`` from ``(h, w, 3)``."""
    top = (pixels >> 4).astype(np.uint16)
    return (top[..., 0] << 8 | top[..., 1] << 4 | top[..., 2]).astype(np.uint16)
