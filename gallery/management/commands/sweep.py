"""``manage.py sweep``: the sweeper, also on a site whose broker is down."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Rings again for work that is overdue and sets aside what failed three times. While the broker does not answer "
        "it does the work itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until SIGTERM or Ctrl-C, every SWEEP_SECONDS")

    def handle(self, *, loop: bool, **options: Any) -> None:
        stop = threading.Event()

        def ask(number: int, frame: FrameType | None) -> None:
            del number, frame
            stop.set()

        former = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._sweep(stop)
            while loop and not stop.wait(settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"]):
                self._sweep(stop)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _sweep(self, stop: threading.Event) -> None:
        # Here, so that listing the commands loads neither the pipeline nor Celery.
        from gallery import tasks
        from gallery.ingest import sweeping

        if sweeping.sweep():
            return
        done = tasks.run_everything(stopping=stop.is_set)
        if done:
            self.stdout.write(f"The broker does not answer: worked on {done} entries here.")
            self.stdout.flush()
