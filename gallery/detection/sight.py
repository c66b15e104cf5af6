"""Looking at two pictures: loads their renditions, asks for the geometry, writes what was found into the pair."""

import io
from functools import lru_cache

import numpy as np
import structlog
from PIL import Image as Pixels

from gallery import pictures, store, verification
from gallery.detection.traits import traits_of
from gallery.models import Pair, StoredFile
from gallery.pictures import Picture
from gallery.verification.alignment import align, difference
from gallery.verification.evidence import Evidence
from gallery.verification.features import LocalFeatures, extract

log = structlog.get_logger(__name__)

WORK = ("work", "jpg")
"""The rendition that is compared, 640 pixels long."""

ALIGNED_QUALITY = 82


@lru_cache(maxsize=48)
def picture_of(key: str) -> Picture:
    """
    A rendition's pixels. Renditions are ours, written by :mod:`gallery.images.renditions`: safe to decode here.

    :raises FileNotFoundError: if it is not in the store.
    """
    with Pixels.open(io.BytesIO(store.get(key))) as opened:
        return pictures.checked(np.asarray(opened.convert("RGB")))


@lru_cache(maxsize=512)
def features_of(key: str) -> LocalFeatures:
    """ORB features of a work rendition, 48 kB each: a picture is compared with many."""
    return extract(picture_of(key), kind="orb")


def work_key(stored: StoredFile) -> str:
    return stored.rendition_key(*WORK)


def compare(pair: Pair) -> None:
    """
    Measure the geometry of ``pair`` into its columns, and make the two pictures that the desk lays over each other.

    Files with equal bytes or pixels need no geometry. The row is not saved.

    :raises FileNotFoundError: if a rendition is not in the store.
    """
    if pair.same_bytes or pair.same_pixels or pair.left.file is None or pair.right.file is None:
        return
    keys = work_key(pair.left.file), work_key(pair.right.file)
    first, second = picture_of(keys[0]), picture_of(keys[1])
    found = verification.verify(
        first,
        second,
        features=(features_of(keys[0]), features_of(keys[1])),
        sizes=(_size(pair.left.file), _size(pair.right.file)),
    )
    if found is None:
        pair.cells, pair.matches, pair.ncc, pair.textured_share, pair.evidence, pair.traits = 0, 0, None, None, {}, 0
        return
    pair.cells, pair.matches, pair.ncc, pair.textured_share = (
        found.cells,
        found.matches,
        found.ncc,
        found.textured_share,
    )
    pair.evidence, pair.traits = found.as_dict(), traits_of(found.transformation)


def _size(stored: StoredFile) -> tuple[int, int]:
    return stored.width, stored.height


def draw(pair: Pair) -> None:
    """
    Make the desk's two pictures of an open pair: the right one laid onto the left, and what differs.

    They come from the larger renditions and are kept in the store under the pair's own keys.

    :raises FileNotFoundError: if a rendition is not in the store.
    """
    if not pair.evidence or pair.left.file is None or pair.right.file is None:
        return
    evidence = Evidence.from_dict(pair.evidence)
    first = picture_of(pair.left.file.rendition_key("view", "jpg"))
    second = picture_of(pair.right.file.rendition_key("view", "jpg"))
    laid = align(first, second, evidence.transformation)
    store.put(pair.rendition_key("aligned"), _webp(Pixels.fromarray(laid.rgba())))
    changed = difference(first, second, evidence.transformation)
    store.put(pair.rendition_key("difference"), _webp(Pixels.fromarray(changed)))


def _webp(image: Pixels.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="WEBP", quality=ALIGNED_QUALITY, method=2)
    return out.getvalue()
