"""A storm: workers, their children and decoders are killed and Redis is flushed while people upload."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import PIL.Image
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from gallery.ingest.intake import accept
from gallery.models import Image, OutboxEntry, User
from tests import pictures, site
from tests.conftest import change_dedup
from tests.faults.ledger import Entry, note
from tests.faults.load import Load, effects_happened_once

PAIRS = 200
WORKERS = 2
STRIKES = {"workers": 9, "flushes": 5, "children": 4, "decoders": 4}
POISONS = 4


def poison(by: User, *, shade: int) -> int:
    """A picture that takes more memory than a decoder is given: its child dies of it, every time. Its image's id."""
    content = pictures.encoded(PIL.Image.new("RGB", (8_000, 6_000), (shade, 0, 0)), "PNG", compress_level=1)
    return accept(SimpleUploadedFile("poison.png", content), by=by).image.pk


class Storm:
    """Workers, and what befalls them. Whatever is killed is started again, as a supervisor would."""

    def __init__(self, folder: Path, redis_url: str, stack: ExitStack) -> None:
        self._folder, self._redis_url, self._stack = folder, redis_url, stack
        self._random = random.Random(7)
        self._workers = [stack.enter_context(site.worker(folder)) for _ in range(WORKERS)]
        self.struck: Counter[str] = Counter()
        kinds = {
            "workers": self._kill_worker,
            "flushes": self._flush,
            "children": self._kill_child,
            "decoders": self._kill_decoder,
        }
        self.coming: list[Callable[[], None]] = [kinds[name] for name, count in STRIKES.items() for _ in range(count)]
        self._random.shuffle(self.coming)

    def strike(self) -> None:
        self.coming.pop()()

    def _pick(self) -> "Popen[bytes]":
        return self._random.choice(self._workers)

    def _kill_worker(self) -> None:
        doomed = self._pick()
        site.kill(doomed)
        self._workers.remove(doomed)
        self._workers.append(self._stack.enter_context(site.worker(self._folder)))
        self.struck["workers"] += 1

    def _flush(self) -> None:
        with redis.Redis.from_url(self._redis_url) as client:
            client.flushall()
        self.struck["flushes"] += 1

    def _kill_child(self) -> None:
        for child in site.children(self._pick().pid)[:1]:
            os.kill(child, signal.SIGKILL)
            self.struck["children"] += 1

    def _kill_decoder(self) -> None:
        for child in site.children(self._pick().pid):
            for decoder in site.children(child)[:1]:
                os.kill(decoder, signal.SIGKILL)
                self.struck["decoders"] += 1


def test_a_storm_loses_nothing_and_sets_aside_only_the_poison(
    broker: str, milvus: str, media: Path, load: Load, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, work_lease_seconds=8, ingest_batch=4, decode_memory_mb=500)
    with site.beat(tmp_path), ExitStack() as stack:
        storm = Storm(tmp_path, broker, stack)
        poisoned = [poison(load.by, shade=shade) for shade in range(POISONS)]
        pause = PAIRS // len(storm.coming)
        for number in range(PAIRS):
            load.add(5000 + number)
            if number % pause == pause - 1 and storm.coming:
                storm.strike()
        over = time.monotonic()
        load.images += poisoned
        load.wait(seconds=500)
        seconds = time.monotonic() - over
    struck = ", ".join(f"{count} {what}" for what, count in storm.struck.items())
    note(Entry(1, "Storm: kill -9 and flushed Redis", f"{struck}; {len(load.images)} images", load.lost(), seconds))
    assert load.lost() == 0
    quarantined = Image.objects.filter(stage=Image.Stage.QUARANTINED).order_by("pk")
    assert list(quarantined.values_list("pk", flat=True)) == poisoned
    aside = OutboxEntry.objects.exclude(quarantined_at=None).order_by("pk")
    assert sorted(int(entry.key) for entry in aside) == poisoned
    assert all((entry.topic, entry.attempts) == ("ingest", 3) for entry in aside)
    assert all("memory" in entry.last_problem for entry in aside)
    effects_happened_once(load.images)
