"""What each stage costs when it is done for itself, without the walls, queues and tables around it."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gallery import embedders, index, store, verification
from gallery.detection.collections import hash_queries
from gallery.embedders.base import Embedder
from gallery.images import hashes, renditions
from gallery.images.decode import decode
from gallery.images.examination import Examination, examined
from gallery.images.hashes import Pdq
from gallery.images.region import content_region
from gallery.images.renditions import RENDITIONS
from gallery.images.scaling import squashed
from gallery.index.base import search_range
from gallery.ingest.parts import parts_of
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
NEIGHBOURS, FLOOR, FLOOR_OF_HASHES = 26, 0.30, 0.50
"""As a search for candidates asks."""

PICTURE = "one picture"
INDEX = "insert and search"
STAGES = (PICTURE, INDEX)
"""What every picture pays until it is known whom to compare it with: the sum that uploads are measured by."""

PARTS = ("decode", "hashes", "renditions", "content region", "embed one view", "write files")


class Stages:
    """The stages, done for ``files`` one after the other. ``milvus`` is the process of the server."""

    def __init__(self, files: Sequence[Path], embedder: str, *, milvus: int) -> None:
        self._files, self._milvus = files, milvus
        self._network = embedders.load(embedder)
        self._dimensions = embedders.dimensions_of(embedder)

    def measure(self) -> dict[str, Times]:
        """Processor seconds of a picture by stage, then of comparisons."""
        times = {name: Times(clock=time.process_time) for name in (*PARTS, PICTURE)}
        warm = {name: Times(clock=time.process_time) for name in times}
        work, rows, prints = [], [], list[Pdq]()
        for number, path in enumerate([*self._files[:WARM], *self._files]):  # the first ones load libraries
            shown = warm if number < WARM else times
            work.append(_take_apart(path, self._network, shown))
            with shown[PICTURE].measured():
                facts, vectors = _whole(path, self._network)
            if number >= WARM:
                rows.append(vectors)
                prints.append(facts.pdq)
        times[INDEX] = self._index(rows, prints)
        return times | _verify(work[WARM : WARM + COMPARED])

    def _index(self, rows: Sequence[Vectors], prints: Sequence[Pdq]) -> Times:
        """Per picture, the server's share included."""
        client, times = index.load(), Times()
        client.ensure("stage_vectors", self._dimensions)
        client.ensure("stage_hashes", hashes.PDQ_BITS)
        for start in range(0, len(rows), INDEXED_AT_ONCE):
            vectors = checked(np.concatenate(rows[start : start + INDEXED_AT_ONCE]))
            batch = prints[start : start + INDEXED_AT_ONCE]
            upright = checked(np.stack([hashes.pdq_vector(found.upright) for found in batch]))
            queries = hash_queries(found.hashes for found in batch)
            before = processor.seconds_of([self._milvus]) + time.process_time()  # in this order: asking costs, too
            client.upsert("stage_vectors", list(range(1000 * start, 1000 * start + len(vectors))), vectors)
            client.upsert("stage_hashes", list(range(start, start + len(batch))), upright)
            search_range(client, "stage_vectors", vectors, floor=FLOOR, k=NEIGHBOURS)
            search_range(client, "stage_hashes", queries, floor=FLOOR_OF_HASHES, k=NEIGHBOURS)
            spent = time.process_time() + processor.seconds_of([self._milvus]) - before
            times.seconds += [spent / len(batch)] * len(batch)
        for name in ("stage_vectors", "stage_hashes"):
            client.drop(name)  # or measuring once more would replace rows instead of adding them
        return times


def both(before: Mapping[str, Times], after: Mapping[str, Times]) -> dict[str, Times]:
    """
    What was measured before the uploads and after them: a machine that others use is not equally fast all the time.
    """
    return {name: Times([*times.seconds, *after[name].seconds]) for name, times in before.items()}


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


def _whole(path: Path, network: Embedder) -> tuple[Examination, Vectors]:
    """All of it, as an upload has it: every view that there is of the picture is embedded, and four files are kept."""
    facts = examined(decode(path, max_pixels=MAX_PIXELS), network_side=network.side)
    _write(path, facts.renditions)
    return facts, network.embed(list(parts_of(facts, deep=False).values()))


def _write(path: Path, copies: dict[str, bytes]) -> None:
    """The original and its renditions, to the store."""
    store.put_file(f"stages/{path.stem}/original", path)
    for name, data in copies.items():
        store.put(f"stages/{path.stem}/{name}.{RENDITIONS[name].extension}", data)


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
