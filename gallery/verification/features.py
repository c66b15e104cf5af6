"""Local features of one picture: where its corners and blobs are, and what they look like."""

import hashlib
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.pictures import Picture, checked

Kind = Literal["orb", "sift"]

LONG_SIDE = 640
SHORTEST_LONG_SIDE = 320
"""
Features are taken from, and pictures compared in, work copies whose long side is within these pixels. Thumbnails are
enlarged to it: a corner needs some 40 pixels around it to be described.
"""

ORB_POINTS = 1200
"""48 kB a picture: 32 bytes of descriptor and 8 of position for each point."""

SIFT_POINTS = 1200

REMEMBERED = 128
"""Pictures whose features :func:`remembered` keeps, at most 160 kB each."""

NARROWEST = 16
"""Narrower work copies have no features: no patch fits, and OpenCV's pyramid would run out of pixels."""

_CODES: dict[Kind, bytes] = {"orb": b"ORB1", "sift": b"SFT1"}
_WIDTHS: dict[Kind, int] = {"orb": 32, "sift": 128}
_HEADER = struct.Struct("<4sHHI")

# Workers run one process a core: threads inside OpenCV would only fight over the same cores.
cv2.setNumThreads(1)


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """
    Key points of a picture's work copy.

    ``points`` is float32, shape ``(n, 2)``: x and y in pixels of the work copy, whose size is ``width`` x
    ``height``. ``descriptors`` is uint8, shape ``(n, 32)`` for ORB and ``(n, 128)`` for SIFT. n may be 0.
    """

    kind: Kind
    width: int
    height: int
    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)

    def to_bytes(self) -> bytes:
        """A header of 12 bytes, then the points, then the descriptors, little-endian."""
        header = _HEADER.pack(_CODES[self.kind], self.width, self.height, len(self))
        return header + self.points.astype("<f4").tobytes() + self.descriptors.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """
        Read what :meth:`to_bytes` wrote.

        :raises ValueError: if the header is unknown or the length does not fit it.
        """
        if len(data) < _HEADER.size:
            raise ValueError(f"local features take at least {_HEADER.size} bytes, not {len(data)}")
        code, width, height, count = _HEADER.unpack_from(data)
        kind = next((kind for kind, known in _CODES.items() if known == code), None)
        if kind is None:
            raise ValueError(f"unknown local features {code!r}")
        if len(data) != _HEADER.size + count * (8 + _WIDTHS[kind]):
            raise ValueError(f"{count} {kind} features do not take {len(data)} bytes")
        points = np.frombuffer(data, "<f4", count * 2, _HEADER.size).reshape(count, 2).astype(np.float32)
        descriptors = np.frombuffer(data, np.uint8, offset=_HEADER.size + count * 8).reshape(count, _WIDTHS[kind])
        return cls(kind=kind, width=width, height=height, points=points, descriptors=descriptors)


def work_copy(picture: Picture) -> Picture:
    """``picture`` with a long side of 320 to 640 pixels; itself if it has that already."""
    height, width = picture.shape[:2]
    factor = min(1.0, LONG_SIDE / max(height, width)) * max(1.0, SHORTEST_LONG_SIDE / max(height, width))
    if factor == 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return checked(cv2.resize(picture, size, interpolation=way).astype(np.uint8, copy=False))


def mirror(picture: Picture) -> Picture:
    """``picture`` with left and right exchanged."""
    return checked(np.ascontiguousarray(picture[:, ::-1]))


def extract(picture: Picture, *, kind: Kind) -> LocalFeatures:
    """
    Find the local features of the work copy of ``picture``. The same picture always gives the same ones.

    ORB: Rublee et al., *ORB: an efficient alternative to SIFT or SURF*, ICCV 2011.
    SIFT: Lowe, *Distinctive image features from scale-invariant keypoints*, IJCV 2004.
    """
    small = work_copy(picture)
    height, width = small.shape[:2]
    if min(width, height) < NARROWEST:
        nothing = np.zeros((0, _WIDTHS[kind]), np.uint8)
        return LocalFeatures(kind, width, height, np.zeros((0, 2), np.float32), nothing)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    detector: cv2.Feature2D
    if kind == "orb":
        # The low threshold keeps soft and dark pictures from having no corners; the best 1,200 are kept anyway.
        detector = cv2.ORB.create(nfeatures=ORB_POINTS, edgeThreshold=19, patchSize=31, fastThreshold=7)
    else:
        detector = cv2.SIFT.create(nfeatures=SIFT_POINTS, contrastThreshold=0.02)
    keypoints, found = detector.detectAndCompute(grey, cast(cv2.typing.MatLike, None))
    limit = ORB_POINTS if kind == "orb" else SIFT_POINTS
    points = np.array([_centred(keypoint, kind) for keypoint in keypoints[:limit]], np.float32).reshape(-1, 2)
    descriptors = np.zeros((0, _WIDTHS[kind]), np.uint8) if found is None else found[:limit].astype(np.uint8)
    return LocalFeatures(kind=kind, width=width, height=height, points=points, descriptors=descriptors)


_known: OrderedDict[tuple[Kind, tuple[int, ...], bytes], LocalFeatures] = OrderedDict()


def remembered(picture: Picture, *, kind: Kind) -> LocalFeatures:
    """
    :func:`extract`, remembered for the pictures looked at last.

    A new picture is compared with some twenty others, and a copy with those that its original was compared with:
    finding the features again each time would be most of the work.
    """
    key = (kind, picture.shape, hashlib.blake2b(picture.tobytes(), digest_size=16).digest())
    found = _known.pop(key, None) or extract(picture, kind=kind)
    _known[key] = found
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return found


def _centred(keypoint: cv2.KeyPoint, kind: Kind) -> tuple[float, float]:
    """
    The position of an ORB point, put right: OpenCV multiplies by the scale of the pyramid's level and forgets that a
    pixel's centre moves as well, which shifts a picture against its turned copy by up to two pixels.
    """
    shift = (1.2**keypoint.octave - 1) / 2 if kind == "orb" else 0.0
    return keypoint.pt[0] + shift, keypoint.pt[1] + shift
