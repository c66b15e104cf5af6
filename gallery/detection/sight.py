"""Looking at two pictures: loads their renditions, asks for the geometry, writes what was found into the pair."""

import io
from functools import lru_cache

import numpy as np
import structlog
from PIL import Image as Pixels

from gallery import pictures, store, verification
from gallery.detection import transparency
from gallery.detection.candidates import HASH_FLOOR
from gallery.detection.traits import traits_of
from gallery.images import hashes
from gallery.models import Pair, StoredFile
from gallery.pictures import Picture
from gallery.verification.alignment import align, difference
from gallery.verification.evidence import Evidence
from gallery.verification.features import LocalFeatures, extract
from gallery.verification.ground import ground_of

Files = tuple[StoredFile, StoredFile]

log = structlog.get_logger(__name__)

WORK = ("work", "jpg")
"""The rendition that is compared, 640 pixels long."""

FEATURES = ("orb", "bin")
"""The local features of that rendition, 48 kB, kept beside it."""

ALIGNED_QUALITY = 82


@lru_cache(maxsize=48)
def picture_of(key: str) -> Picture:
    """
    A rendition's pixels. Renditions are ours, written by :mod:`gallery.images.renditions`: safe to decode here.

    :raises FileNotFoundError: if it is not in the store.
    """
    with Pixels.open(io.BytesIO(store.get(key))) as opened:
        return pictures.checked(np.asarray(opened.convert("RGB")))


def work_key(stored: StoredFile) -> str:
    return stored.rendition_key(*WORK)


def features_of(stored: StoredFile) -> LocalFeatures:
    """
    The ORB features of a file's work rendition. Found once and kept: a picture is compared with many, for years.

    :raises FileNotFoundError: if neither they nor the rendition are in the store.
    """
    return _features(stored.rendition_key(*FEATURES), work_key(stored))


@lru_cache(maxsize=512)
def _features(key: str, work: str) -> LocalFeatures:
    try:
        return LocalFeatures.from_bytes(store.get(key))
    except FileNotFoundError:
        log.debug("features_not_kept_yet", key=key)
    except ValueError as broken:  # cut off, or written by another version
        log.warning("features_unreadable", key=key, reason=str(broken))
    found = extract(picture_of(work), kind="orb")
    store.put(key, found.to_bytes())
    return found


def forget() -> None:
    """Let go of the pictures and features that this process keeps in memory."""
    picture_of.cache_clear()
    _features.cache_clear()


def compare(pair: Pair) -> None:
    """
    Measure the geometry of ``pair`` into its columns, and make the two pictures that the desk lays over each other.

    Files with equal bytes or pixels need no geometry. The row is not saved.

    :raises FileNotFoundError: if a rendition is not in the store.
    """
    if pair.same_bytes or pair.same_pixels or pair.left.file is None or pair.right.file is None:
        return
    files = pair.left.file, pair.right.file
    first, second = (picture_of(work_key(stored)) for stored in files)
    found = verification.verify(
        first,
        second,
        features=(features_of(files[0]), features_of(files[1])),
        sizes=(_size(files[0]), _size(files[1])),
        negative=pair.pdq_usable and _are_opposite(*files),
    )
    _write_down(_over_black(pair, files, (first, second), found), pair)
    grounds = ground_of(first), ground_of(second)
    # Paper that is lit unevenly has no single colour that would have told at once.
    pair.document_like = pair.document_like or all(ground.is_page for ground in grounds)
    pair.one_thing = all(ground.is_of_one_thing for ground in grounds)


def _over_black(
    pair: Pair, files: Files, shown: tuple[Picture, Picture], over_white: Evidence | None
) -> Evidence | None:
    """What explains more where one of the two is transparent: its ground in white, as everywhere, or in black."""
    prints = files[0].fingerprint, files[1].fingerprint
    side = transparency.transparent_side(prints)
    if side is None:
        return over_white
    transparency.learn_distance(pair, prints, side)
    dark = picture_of(files[side].rendition_key(*transparency.RENDITION))
    laid = (dark, shown[1]) if side == 0 else (shown[0], dark)
    return transparency.verify(laid, (_size(files[0]), _size(files[1])), side, over_white=over_white)


def _write_down(found: Evidence | None, pair: Pair) -> None:
    if found is None:
        pair.cells, pair.matches, pair.ncc, pair.textured_share = 0, 0, None, None
        pair.changed_share, pair.evidence, pair.traits = None, {}, 0
        return
    pair.cells, pair.matches = found.cells, found.matches
    pair.ncc, pair.textured_share = found.ncc, found.textured_share
    pair.changed_share = found.transformation.changed_share
    pair.evidence, pair.traits = found.as_dict(), traits_of(found.transformation)


def _are_opposite(one: StoredFile, other: StoredFile) -> bool:
    """Whether their hashes suggest that one is the other in inverted colours."""
    return hashes.are_opposite(bytes(one.fingerprint.pdq), bytes(other.fingerprint.pdq), within=HASH_FLOOR)


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
    step = evidence.transformation
    first = picture_of(pair.left.file.rendition_key("view", "jpg"))
    second = picture_of(pair.right.file.rendition_key("view", "jpg"))
    laid = align(first, second, step)
    store.put(pair.rendition_key("aligned"), _webp(Pixels.fromarray(laid.rgba())))
    if step.first.over_black:
        first = picture_of(pair.left.file.rendition_key(*transparency.RENDITION))
    if step.second.over_black:
        second = picture_of(pair.right.file.rendition_key(*transparency.RENDITION))
    changed = difference(first, second, step)
    store.put(pair.rendition_key("difference"), _webp(Pixels.fromarray(changed)))


def _webp(image: Pixels.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="WEBP", quality=ALIGNED_QUALITY, method=2)
    return out.getvalue()
