"""Pictures that people upload in tests, and the work that follows."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from gallery import tasks
from gallery.ingest.intake import accept
from gallery.models import Image, User
from gallery.pictures import Picture
from tests import pictures


def upload(by: User, picture: Picture, *, kind: str = "PNG", **options: Any) -> Image:
    """The image that ``picture`` becomes when it is sent as a file of Pillow's format ``kind``."""
    content = pictures.encoded(picture, kind, **options)
    return accept(SimpleUploadedFile(f"photo.{kind.lower()}", content), by=by).image


def upload_photograph(by: User, seed: int, *, smaller: bool = False, **options: Any) -> Image:
    """As :func:`upload`, of a small photograph; one that is ``smaller`` is a near-copy of the one of its seed."""
    picture = pictures.photograph(seed, width=200, height=150)
    return upload(by, pictures.resized(picture, 0.8) if smaller else picture, kind="JPEG", **options)


def work_off() -> None:
    """Do all that waits, in this process, with the real child that decodes and the real network."""
    while tasks.run_everything():
        pass
