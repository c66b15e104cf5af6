"""Many copies of one picture cost about one comparison each, not one for every two of them."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gallery import tasks
from gallery.evaluation.copies import copy_of
from gallery.ingest.intake import accept
from gallery.models import Image, OutboxEntry, Pair, User
from tests import pictures

pytestmark = pytest.mark.django_db

EDITS = (
    "jpeg_30", "half_size", "squeezed", "zoom_125", "crop_80", "border_10", "mirrored", "quarter_left", "turned_5",
    "grey", "blurred",
)  # fmt: skip


def test_copies_of_one_picture_are_compared_about_once_each(media: Path, lena: User) -> None:
    photo = pictures.photograph(8, width=400, height=300)
    accept(SimpleUploadedFile("photo.jpg", pictures.encoded(photo, quality=92)), by=lena)
    for edit in EDITS:
        accept(SimpleUploadedFile(f"{edit}.jpg", copy_of(photo, edit)), by=lena)
    tasks.run_everything()
    assert set(Image.objects.values_list("stage", flat=True)) == {Image.Stage.COMPARED}
    assert Pair.objects.awaiting_review().count() == len(EDITS)
    compared = Pair.objects.filter(compared_at__isnull=False).count()
    assert len(EDITS) <= compared <= 1.25 * len(EDITS)


def test_only_images_that_somebody_was_found_for_wait_for_a_comparison(media: Path, lena: User) -> None:
    photo = pictures.photograph(8, width=400, height=300)
    for number, shown in enumerate([photo, pictures.resized(photo, 0.8)]):
        accept(SimpleUploadedFile("photo.jpg", pictures.encoded(shown)), by=lena)
        tasks.work_on("ingest")
        tasks.work_on("search")
        image = Image.objects.latest("pk")
        assert image.stage == (Image.Stage.SEARCHED if number else Image.Stage.COMPARED)
        assert OutboxEntry.objects.filter(topic="verify").count() == number
    tasks.work_on("verify")
    assert set(Image.objects.values_list("stage", flat=True)) == {Image.Stage.COMPARED}
    assert Pair.objects.awaiting_review().count() == 1
