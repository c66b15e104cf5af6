"""``manage.py serve_milvus``: the embedded Milvus, for development and small sites."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from gallery.conf import conf


class Command(BaseCommand):
    help = "Serves the embedded Milvus on loopback until it is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=19530)
        parser.add_argument("--data", type=Path, default=None, help="the folder it keeps, by default var/milvus")

    def handle(self, *args: Any, port: int, data: Path | None, **options: Any) -> None:
        # Here, so that listing the commands does not load Milvus.
        from gallery.index.server import serve

        serve(folder=data or conf().var_dir / "milvus", port=port)
