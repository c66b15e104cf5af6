"""
Our own run over the folder: ``python -m tests.benchmarks.peers.ours FOLDER ANSWER [--compare]``.

A site of its own: SQLite, Redis, the embedded Milvus, a worker of as many processes as there are cores. The clock runs
from the first file at the door until every picture was searched for among all others, with originals and small copies
stored. With ``--compare`` the pictures are then compared, and what is found is told.
"""

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests import servers
from tests.benchmarks import processor
from tests.benchmarks.__main__ import EMBEDDER, _prepare
from tests.benchmarks.peers.running import Watch

WARM = 96
"""Pictures that come first, so that every process has its libraries and its network loaded."""

PATIENCE_SECONDS = 3600


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers.ours")
    words.add_argument("folder", type=Path)
    words.add_argument("answer", type=Path)
    words.add_argument("--compare", action="store_true")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="dedup-peers-") as made, ExitStack() as running:
        folder = Path(made)
        redis = running.enter_context(servers.redis(folder / "redis"))
        milvus = running.enter_context(servers.milvus(folder / "milvus"))
        _prepare(folder, redis=redis, milvus=milvus.uri)
        asked.answer.write_text(json.dumps(_measured(asked.folder, folder, running, compare=asked.compare)))


def _measured(pictures: Path, folder: Path, running: ExitStack, *, compare: bool) -> dict[str, Any]:
    from gallery.evaluation import labels
    from gallery.models import Image

    files = [pictures / name for name in sorted(labels.read(pictures, needs_copies=False).files)]
    stage = Image.Stage
    _start("work,sweep", folder, running)
    _take(_painted(folder), "warm ")
    _wait([stage.STORED, stage.EMBEDDED, stage.INDEXED])
    _put_away()
    with Watch([os.getpid()]) as watch:
        used, started = processor.seconds_of([os.getpid()]), time.perf_counter()
        names = _take(files, "owner ")
        _wait([stage.STORED, stage.EMBEDDED, stage.INDEXED])
        seconds, used = time.perf_counter() - started, processor.seconds_of([os.getpid()]) - used
    answer: dict[str, Any] = {
        "files": len(files),
        "taken": len(names),
        "seconds": seconds,
        "processor": used - watch.spent,
        "memory": watch.peak,
    }
    if compare:
        answer["alone"] = _alike(names)
        before, started = processor.seconds_of([os.getpid()]), time.perf_counter()
        _start("verify", folder, running)
        _wait(stage.waiting_stages())
        answer["compare_seconds"] = time.perf_counter() - started
        answer["compare_processor"] = processor.seconds_of([os.getpid()]) - before
        answer |= _found(names)
    return answer


def _start(queues: str, folder: Path, running: ExitStack) -> None:
    from gallery.management import stack

    plan = stack.Plan(host=stack.LOOPBACK, port=0, environment={})
    swapped = {"work,verify,sweep": queues, "2": str(os.cpu_count() or 1), "worker@%h": f"{queues[:4]}@%h"}
    worker = [swapped.get(word, word) for word in plan.worker.command]
    running.enter_context(servers.running(worker, log=folder / f"{queues}.log", ready=_at_once))
    if queues != "verify":
        running.enter_context(servers.running(plan.beat.command, log=folder / "beat.log", ready=_at_once))


def _at_once() -> bool:
    return True


def _painted(folder: Path) -> list[Path]:
    from tests import pictures

    return [
        pictures.written(folder, pictures.photograph(9000 + number), f"warm-{number}.jpg") for number in range(WARM)
    ]


def _put_away() -> None:
    """The painted pictures are found by nobody from here on: they look more alike than photographs do."""
    from gallery.models import Image, OutboxEntry, Pair

    Image.objects.update(standing=Image.Standing.REMOVED)
    OutboxEntry.objects.filter(topic="verify").delete()
    Pair.objects.all().delete()
    Image.objects.update(stage=Image.Stage.COMPARED)


def _take(files: list[Path], owners: str) -> dict[int, Path]:
    """Which file each image is. One person has each file once, so of two equal ones another has the second."""
    from gallery.ingest import importing
    from gallery.models import User

    images: dict[int, Path] = {}
    round_number = 0
    while files:
        round_number += 1
        owner = User.objects.create(username=f"{owners}{round_number}")
        again = []
        for taken in importing.take_each(files, by=owner):
            if taken.outcome == "known":
                again.append(taken.path)
            elif taken.image is not None:
                images[taken.image] = taken.path
        files = again
    return images


def _wait(stages: list[str]) -> None:
    from gallery.models import Image
    from tests.benchmarks.throughput import wait

    wait(Image.objects.filter(stage__in=stages), patience=PATIENCE_SECONDS)


def _alike(names: dict[int, Path]) -> list[tuple[str, str, float]]:
    """Every pair from a similarity of 0.4 on, by the whole pictures' vectors alone."""
    import numpy as np

    from gallery import embedders
    from gallery.detection.collections import vectors_of
    from gallery.models import Embedding

    whole = Embedding.objects.of_model(embedders.key_of(EMBEDDER)).filter(view=Embedding.View.WHOLE)
    rows = list(whole.filter(fingerprint__file__image__in=names).select_related("fingerprint__file"))
    files = [str(names[row.fingerprint.file.image_id]) for row in rows]
    vectors = vectors_of(rows)
    above = np.triu(vectors @ vectors.T, 1)
    return [(files[one], files[other], float(above[one, other])) for one, other in np.argwhere(above >= 0.4)]


def _found(names: dict[int, Path]) -> dict[str, Any]:
    """Our findings; the tier, and within it the score, say how sure. The default is what goes to people."""
    from gallery.evaluation.labels import ends_of
    from gallery.models import Pair

    shown = Pair.objects.filter(compared_at__isnull=False, tier__gte=Pair.Tier.WEAK, left__in=names, right__in=names)
    rows = shown.exclude(state=Pair.State.REDUNDANT).values_list("left", "right", "tier", "score")
    pairs = [
        (*ends_of(str(names[left]), str(names[right])), tier + min(score, 0.9999)) for left, right, tier, score in rows
    ]
    return {"pairs": pairs, "default": float(Pair.Tier.REVIEW)}


if __name__ == "__main__":
    main()
