"""``manage.py run_site`` (``make run``): the whole site on this machine, with all that it needs."""

import fcntl
import hashlib
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management.base import BaseCommand, CommandError

from gallery.conf import conf
from gallery.management import stack
from gallery.management.stack import manage
from gallery.management.supervisor import Failed, Stopped, Supervisor

_STATIC_SEEN = "static_seen"
_SAMPLES_LOADED = "samples_loaded"


class Command(BaseCommand):
    help = "Runs the whole site: Redis, Milvus, the web server, the workers and the clock. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or stack.LOOPBACK)
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument(
            "--no-samples", action="store_true", help="do not load the sample pictures at the first start"
        )

    def handle(self, *args: Any, host: str, port: int, no_samples: bool, **options: Any) -> None:
        since = time.monotonic()
        if stack.is_taken(host, port):
            raise CommandError(
                f"Port {port} on {host} is taken by another program. Stop that one, or choose another port: "
                f"PORT={port + 1} make run"
            )
        plan = stack.draw_up(host=host, port=port, environment=os.environ)
        with self._alone():
            try:
                with Supervisor(environment=plan.environment, show=self._show) as supervisor:
                    self._start_neighbours(supervisor, plan)
                    self._prepare(supervisor)
                    self._start_site(supervisor, plan)
                    if not no_samples:
                        self._load_samples(supervisor)
                    self._announce(plan, time.monotonic() - since)
                    supervisor.watch()
            except Stopped:
                pass
            except Failed as failure:
                raise CommandError(str(failure)) from failure
        self._say("Everything is stopped.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold var/run.lock; the system lets go of it however this process ends."""
        path = conf().var_dir / "run.lock"
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CommandError(
                    f"A site already runs from {path.parent}. Stop it, or choose another folder: "
                    "VAR_DIR=var2 PORT=8001 make run"
                ) from error
            yield

    def _start_neighbours(self, supervisor: Supervisor, plan: stack.Plan) -> None:
        for neighbour in plan.neighbours:
            self._say(f"Starting {neighbour.service.name}…")
            supervisor.start(neighbour.service)
        for neighbour in plan.neighbours:
            supervisor.wait_until(stack.accepts(neighbour.port), seconds=neighbour.seconds, what=neighbour.service.name)

    def _prepare(self, supervisor: Supervisor) -> None:
        self._say("Preparing the database…")
        supervisor.run("migrate", manage("migrate", "--no-input", "--verbosity", "0"))
        supervisor.run("check", manage("check", "--fail-level", "ERROR"))
        if not settings.PRODUCTION:
            supervisor.run("accounts", manage("create_demo"))
        seen, now = conf().var_dir / _STATIC_SEEN, _fingerprint_static()
        collected = seen.exists() and Path(settings.STATIC_ROOT).exists() and seen.read_text() == now
        if not settings.DEBUG and not collected:
            self._say("Collecting static files…")
            supervisor.run("static", manage("collectstatic", "--no-input", "--clear", "--verbosity", "0"))
            seen.write_text(now)

    def _start_site(self, supervisor: Supervisor, plan: stack.Plan) -> None:
        self._say("Starting the site…")
        for service in (plan.web, plan.worker, plan.beat):
            supervisor.start(service)
        supervisor.wait_until(stack.is_healthy(plan.host, plan.port), seconds=90, what="The site")

    def _load_samples(self, supervisor: Supervisor) -> None:
        """At the very first start. Without them the site is empty but whole, so a failure is only told."""
        loaded = conf().var_dir / _SAMPLES_LOADED
        if loaded.exists():
            return
        self._say("Loading sample pictures…")
        try:
            supervisor.run("samples", manage("load_samples"))
        except Failed as failure:
            self._say(f"{failure}\nThe next start tries again; `make run` goes on without samples.")
            return
        loaded.touch()

    def _announce(self, plan: stack.Plan, seconds: float) -> None:
        note = conf().var_dir / "demo_accounts.txt"
        accounts = note.read_text().splitlines() if note.exists() else []
        host = "localhost" if plan.host in {"127.0.0.1", "::1"} else plan.host
        lines = [
            "",
            f"  {settings.SITE_NAME} is ready after {seconds:.0f} s:  http://{host}:{plan.port}/",
            "",
            *(f"    {line}" for line in accounts),
            "",
            "  Ctrl-C stops it.",
            "",
        ]
        self._say("\n".join(lines))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _show(self, name: str, line: str) -> None:
        self._say(f"{name:<8} | {line}")


def _fingerprint_static() -> str:
    """Changes whenever a static file, the folder they are collected in or the Python they come from does."""
    digest = hashlib.sha256(f"{sys.prefix} {settings.STATIC_ROOT}".encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{path} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()
