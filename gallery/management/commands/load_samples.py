"""``manage.py load_samples``: some photographs and edited copies, for a site that one wants to try."""

from argparse import ArgumentParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery.errors import DedupError
from gallery.ingest import intake
from gallery.management.samples import Sample, SamplesMissing, count, samples
from gallery.models import Image, Role, User


class Command(BaseCommand):
    help = "Uploads sample photographs in the ordinary way. Does nothing on a site that has an image."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--by", metavar="USERNAME", help="whose uploads they are; else the first uploader's, else the first user's"
        )

    def handle(self, *, by: str | None, **options: Any) -> None:
        if Image.objects.exists():
            self.stdout.write("There are images here already: no samples are loaded.")
            return
        owner = _owner(by)
        try:
            # All of them are made before the first is uploaded: a missing package leaves the site as empty as it was.
            for sample in tqdm(list(samples()), total=count(), desc="Sample pictures", unit="picture"):
                _upload(sample, owner)
        except (SamplesMissing, DedupError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{count()} sample pictures are uploaded; they belong to {owner}."))


def _owner(name: str | None) -> User:
    if name:
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account “{name}”.") from error
    uploader = User.objects.filter(groups__name=Role.UPLOADER).order_by("pk").first()
    owner = uploader or User.objects.order_by("pk").first()
    if owner is None:
        raise CommandError("There is no account yet. Run: .venv/bin/python manage.py createsuperuser")
    return owner


def _upload(sample: Sample, owner: User) -> None:
    accepted = intake.accept(SimpleUploadedFile(sample.filename, sample.content), by=owner)
    # Only these columns: the worker may be writing others of the row by now.
    Image.objects.filter(pk=accepted.image.pk).update(
        title=sample.title, caption=f"Photograph: {sample.credit} ({sample.licence})", licence=sample.licence
    )
