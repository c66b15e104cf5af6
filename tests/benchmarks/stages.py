"""What each stage costs when it is done for itself, without the walls, queues and tables around it."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gallery import embedders, index, store, verification
from gallery.detection.collections import hash_queries
from gallery.embedders.base import Embedder
from gallery.images import hashes, renditions
from gallery.images.decode import decode
from gallery.images.examination import Examination, examined
from gallery.images.region import content_region
from gallery.images.renditions import RENDITIONS
from gallery.images.scaling import squashed
from gallery.index.base import search_range
from gallery.ingest.parts import parts_of
from gallery.models import Image, StoredFile
from gallery.models.image import original_key
from gallery.pictures import Picture
from gallery.vectors import Vectors, checked
from gallery.verification.features import LocalFeatures, extract
from tests import pictures
from tests.benchmarks import processor
from tests.benchmarks.timing import Times

MAX_PIXELS = 50_000_000
WARM = 2
COMPARED = 40
"""Pictures that are compared: a comparison costs more than all else."""

INDEXED_AT_ONCE = 64
MOST_VIEWS = 8
"""Of a picture, as ids tell them apart."""

NEIGHBOURS, FLOOR, FLOOR_OF_HASHES = 26, 0.30, 0.50
"""As a search for candidates asks."""

PICTURE = "one picture"
INDEX = "insert and search"
PARTS = ("decode", "hashes", "renditions", "content region", "embed one view", "write files")


Seen = tuple[Examination, Vectors]
"""A picture's facts and the vectors of its views."""

APART, ALONE = "stages_apart", "stages_alone"
"""Collections of the index: for the stages one by one, and for those that uploads are measured by."""


def measure(files: Sequence[Path], embedder: str, *, milvus: int) -> dict[str, Times]:
    """
    Processor seconds of a picture by stage, then of comparisons, in this process and one file after the other.
    ``milvus`` is the process of the server.
    """
    network = embedders.load(embedder)
    times = {name: Times(clock=time.process_time) for name in (*PARTS, PICTURE)}
    warm = {name: Times(clock=time.process_time) for name in times}
    work, seen = [], []
    for number, path in enumerate([*files[:WARM], *files]):  # the first ones load libraries
        shown = warm if number < WARM else times
        work.append(_take_apart(path, network, shown))
        with shown[PICTURE].measured():
            found = whole(path, network)
        if number >= WARM:
            seen.append(found)
    times[INDEX] = _index(seen, milvus)
    return times | _verify(work[WARM : WARM + COMPARED])


def _index(seen: Sequence[Seen], milvus: int) -> Times:
    """Per picture, the server's share included."""
    times = Times()
    prepare(APART, seen[0][1].shape[1])
    for start in range(0, len(seen), INDEXED_AT_ONCE):
        batch = seen[start : start + INDEXED_AT_ONCE]
        before = processor.seconds_of([milvus]) + time.process_time()  # in this order: asking costs, too
        insert_and_search(batch, APART, first=start)
        spent = time.process_time() + processor.seconds_of([milvus]) - before
        times.seconds += [spent / len(batch)] * len(batch)
    return times


def prepare(collections: str, dimensions: int) -> None:
    """Make what :func:`insert_and_search` inserts into."""
    client = index.load()
    client.ensure(f"{collections}_vectors", dimensions)
    client.ensure(f"{collections}_hashes", hashes.PDQ_BITS)


def insert_and_search(seen: Sequence[Seen], collections: str, *, first: int) -> None:
    """A batch of pictures, as a worker does it. ``first`` is the number of the first of them."""
    client, numbers = index.load(), range(first, first + len(seen))
    vectors = checked(np.concatenate([rows for _facts, rows in seen]))
    views = [
        MOST_VIEWS * number + view
        for number, (_facts, rows) in zip(numbers, seen, strict=True)
        for view in range(len(rows))
    ]
    upright = checked(np.stack([hashes.pdq_vector(facts.pdq.upright) for facts, _rows in seen]))
    client.upsert(f"{collections}_vectors", views, vectors)
    client.upsert(f"{collections}_hashes", numbers, upright)
    queries = hash_queries(facts.pdq.hashes for facts, _rows in seen)
    search_range(client, f"{collections}_vectors", vectors, floor=FLOOR, k=NEIGHBOURS)
    search_range(client, f"{collections}_hashes", queries, floor=FLOOR_OF_HASHES, k=NEIGHBOURS)


def _take_apart(path: Path, network: Embedder, shown: dict[str, Times]) -> Picture:
    """Each part of a picture's way for itself. Returns the copy that comparisons look at."""
    with shown["decode"].measured():
        decoded = decode(path, max_pixels=MAX_PIXELS)
    with shown["renditions"].measured():
        copies = renditions.scale_down(decoded.picture)
        files = renditions.encode(copies)
    with shown["hashes"].measured():
        hashes.pixel_hash(decoded.picture)
        hashes.pdq(copies["work"])
        hashes.dominant_share(copies["thumb"])
    with shown["content region"].measured():
        content_region(copies["thumb"])
    square = squashed(copies["view"], network.side)
    with shown["embed one view"].measured():
        network.embed([square])
    with shown["write files"].measured():
        _write(path, files)
    return copies["work"]


def whole(path: Path, network: Embedder) -> Seen:
    """All of it, as an upload has it: every view that there is of the picture is embedded, and four files are kept."""
    facts = examined(decode(path, max_pixels=MAX_PIXELS), network_side=network.side)
    _write(path, facts.renditions)
    return facts, network.embed(list(parts_of(facts, deep=False).values()))


def _write(path: Path, copies: dict[str, bytes]) -> None:
    """The original and its renditions, to the store, under the keys of an image that is nobody's."""
    stored = StoredFile(pk=0, image=Image())
    store.put_file(original_key(stored, path.name), path)
    for name, data in copies.items():
        store.put(stored.rendition_key(name, RENDITIONS[name].extension), data)


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
