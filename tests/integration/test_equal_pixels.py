"""The same pixels again: the network is not asked twice."""

from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pixels

from gallery import embedders, tasks
from gallery.ingest.intake import accept
from gallery.models import Embedding, Fingerprint, Image, User
from gallery.models.fingerprint import packed
from gallery.vectors import unit
from tests import pictures
from tests.uploading import upload, work_off

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed"),
]

PHOTOGRAPH = pictures.photograph(41, width=240, height=180)
MARK = packed(unit(np.arange(1, 513, dtype=np.float32)[None]))[0]
"""A vector that no network gives."""


def vector_of(image: Image, view: Embedding.View = Embedding.View.WHOLE) -> bytes:
    return bytes(Embedding.objects.get(fingerprint__file__image=image, view=view).vector)


def test_a_file_with_pixels_that_are_known_takes_over_their_vectors(media: Path, lena: User) -> None:
    upload(lena, PHOTOGRAPH)
    tasks.work_on("ingest")
    Embedding.objects.update(vector=MARK)
    other = upload(lena, PHOTOGRAPH, kind="WEBP", lossless=True)
    work_off()
    assert vector_of(other) == MARK


def test_equal_pixels_that_come_together_have_equal_vectors(media: Path, lena: User) -> None:
    images = [upload(lena, PHOTOGRAPH), upload(lena, PHOTOGRAPH, kind="WEBP", lossless=True)]
    work_off()
    one, other = map(vector_of, images)
    assert one == other


def test_pictures_that_are_transparent_elsewhere_are_not_equal_over_black(media: Path, lena: User) -> None:
    glass = pictures.cut_out(PHOTOGRAPH)
    half = Pixels.new("RGBA", glass.size, (255, 255, 255, 0))
    half.paste("white", (0, 0, glass.width // 2, glass.height))
    half.alpha_composite(glass)
    images = [
        accept(SimpleUploadedFile("one.png", pictures.encoded(one, "PNG")), by=lena).image for one in (glass, half)
    ]
    work_off()
    assert len(set(Fingerprint.objects.values_list("pixel_hash"))) == 1
    one, other = (vector_of(image, Embedding.View.OVER_BLACK) for image in images)
    assert one != other


def test_pixels_that_an_older_decoder_read_are_looked_at_anew(media: Path, lena: User) -> None:
    upload(lena, PHOTOGRAPH)
    tasks.work_on("ingest")
    Embedding.objects.update(vector=MARK)
    Fingerprint.objects.update(decoder_version=0)
    other = upload(lena, PHOTOGRAPH, kind="WEBP", lossless=True)
    work_off()
    assert vector_of(other) != MARK
