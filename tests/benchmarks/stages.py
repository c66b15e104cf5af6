"""What each stage costs in one process, without the walls, queues and tables around it."""

import time
from collections.abc import Sequence
from pathlib import Path

from gallery import embedders, verification
from gallery.images import hashes, renditions
from gallery.images.decode import decode
from gallery.images.examination import NETWORK_SIDE, examined
from gallery.images.region import content_region
from gallery.images.scaling import squashed
from gallery.pictures import Picture
from gallery.verification.features import LocalFeatures, extract
from tests import pictures
from tests.benchmarks.timing import Times

MAX_PIXELS = 50_000_000
WARM = 2


def measure(files: Sequence[Path], embedder: str) -> dict[str, Times]:
    """
    The stages by name, measured on ``files`` one after the other.

    "one picture" is the sum of what every upload pays before it is searched for.
    """
    names = ("decode", "hashes", "renditions", "content region", "embed", "one picture")
    times = {name: Times(clock=time.process_time) for name in names}
    network = embedders.load(embedder)
    work: list[Picture] = []
    for number, path in enumerate(files):
        shown = (
            {name: Times(clock=time.process_time) for name in names} if number < WARM else times
        )  # the first ones load libraries
        with shown["decode"].measured():
            decoded = decode(path, max_pixels=MAX_PIXELS)
        with shown["renditions"].measured():
            copies = renditions.scale_down(decoded.picture)
            renditions.encode(copies)
        with shown["hashes"].measured():
            hashes.pixel_hash(decoded.picture)
            hashes.pdq(copies["work"])
            hashes.dominant_share(copies["thumb"])
        with shown["content region"].measured():
            content_region(copies["thumb"])
        square = squashed(copies["view"], NETWORK_SIDE)
        with shown["embed"].measured():
            network.embed([square])
        with shown["one picture"].measured():
            network.embed([examined(decode(path, max_pixels=MAX_PIXELS)).whole])
        work.append(copies["work"])
    return times | _verify(work[WARM:])


def _verify(work: Sequence[Picture]) -> dict[str, Times]:
    """A pair of a picture and its copy, which the first verifier convinces of, and a pair of two pictures."""
    times = {
        name: Times(clock=time.process_time)
        for name in ("local features", "compare with a copy", "compare with another")
    }
    for picture, other in zip(work, [*work[1:], work[0]], strict=True):
        with times["local features"].measured():
            features = extract(picture, kind="orb")
        copy = pictures.cropped(pictures.resized(picture, 0.8), 0.85)
        _compare(times["compare with a copy"], (picture, features), copy)
        _compare(times["compare with another"], (picture, features), other)
    return times


def _compare(times: Times, known: tuple[Picture, LocalFeatures], other: Picture) -> None:
    found = extract(other, kind="orb")
    with times.measured():
        verification.verify(known[0], other, features=(known[1], found))
