"""Transparent pictures that somebody laid over black."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pixels

from gallery import embedders, store
from gallery.detection import transparency
from gallery.detection.reasons import why
from gallery.images.renditions import OVER_BLACK
from gallery.ingest.intake import accept
from gallery.management.integrity import Inspection
from gallery.models import Image, Pair, StoredFile, User
from gallery.review.purging import purge
from tests import pictures
from tests.uploading import work_off

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed"),
]

GLASS = pictures.cut_out(pictures.photograph(51, width=480, height=360))


def laid_over(ground: str) -> Pixels.Image:
    return Pixels.alpha_composite(Pixels.new("RGBA", GLASS.size, ground), GLASS).convert("RGB")


def upload(by: User, image: Pixels.Image, kind: str) -> Image:
    return accept(SimpleUploadedFile(f"glass.{kind.lower()}", pictures.encoded(image, kind)), by=by).image


def found(*images: Image) -> Pair:
    work_off()
    return Pair.objects.get(left=images[0], right=images[1])


@pytest.mark.parametrize("glass_first", [True, False])
def test_a_transparent_picture_and_its_copy_over_black_meet(media: Path, lena: User, glass_first: bool) -> None:
    sent = [(GLASS, "PNG"), (laid_over("black"), "JPEG")]
    pair = found(*[upload(lena, *part) for part in (sent if glass_first else sent[::-1])])
    assert (pair.state, pair.tier) == (Pair.State.OPEN, Pair.Tier.CERTAIN)
    assert pair.pdq_distance is not None
    assert pair.pdq_distance <= 6
    glass, copy = "AB" if glass_first else "BA"
    assert why(pair) == f"{copy} is {glass} on black where {glass} is transparent."


def test_a_copy_over_white_is_told_without_a_word_about_black(media: Path, lena: User) -> None:
    pair = found(upload(lena, GLASS, "PNG"), upload(lena, laid_over("white"), "JPEG"))
    assert pair.tier == Pair.Tier.CERTAIN
    assert why(pair) == "B is A re-saved; nothing visible differs."


def test_two_transparent_pictures_are_compared_over_white_only(media: Path, lena: User) -> None:
    pair = found(upload(lena, GLASS, "PNG"), upload(lena, GLASS.resize((240, 180)), "PNG"))
    assert pair.state == Pair.State.OPEN
    assert why(pair).startswith("B is A at half the size")
    assert "black" not in why(pair)


def test_what_differs_is_drawn_of_the_picture_over_black(media: Path, lena: User) -> None:
    pair = found(upload(lena, GLASS, "PNG"), upload(lena, laid_over("black"), "JPEG"))
    with Pixels.open(io.BytesIO(store.get(pair.rendition_key("difference")))) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    assert ((pixels[..., 0] - pixels[..., 1:].max(axis=2)) > 100).mean() < 0.01
    assert pixels[0, 0].max() < 20


def test_the_copy_over_black_is_made_again_and_goes_with_its_file(media: Path, lena: User) -> None:
    image = upload(lena, GLASS, "PNG")
    work_off()
    stored = StoredFile.objects.get(image=image)
    key = stored.rendition_key(*transparency.RENDITION)
    before = store.get(key)
    store.drop(key)
    assert [finding.mended for finding in Inspection(repair=True).run() if OVER_BLACK in finding.what] == [True]
    assert store.get(key) == before
    Image.objects.filter(pk=image.pk).update(standing=Image.Standing.REMOVED)
    StoredFile.objects.filter(pk=stored.pk).update(purge_after=image.created_at)
    assert purge(stored.pk)
    assert not store.exists(key)
