"""Two stored pictures looked at: what is measured of them, and what is kept so that it is measured once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pixels
from PIL import ImageDraw

from gallery import store, tasks
from gallery.detection import sight
from gallery.models import Image, Pair, Policy, StoredFile, User
from gallery.pictures import Picture, checked
from gallery.review import keeper
from gallery.verification.features import LocalFeatures, extract
from tests import pictures
from tests.uploading import upload

pytestmark = pytest.mark.django_db


def file_of(image: Image) -> StoredFile:
    assert image.file is not None
    return image.file


@pytest.fixture
def stored(media: Path, lena: User) -> StoredFile:
    """A file whose renditions are there, and that was never compared."""
    image = upload(lena, pictures.photograph(1))
    tasks.run_everything()
    return file_of(image)


def test_local_features_are_kept_beside_the_rendition_they_are_of(stored: StoredFile) -> None:
    found = sight.features_of(stored)
    kept = LocalFeatures.from_bytes(store.get(stored.rendition_key(*sight.FEATURES)))
    assert len(kept) == len(found) > 100
    assert (kept.descriptors == extract(sight.picture_of(sight.work_key(stored)), kind="orb").descriptors).all()


def test_kept_features_are_enough_without_the_picture(stored: StoredFile) -> None:
    found = sight.features_of(stored)
    sight.forget()
    store.drop(sight.work_key(stored))
    assert (sight.features_of(stored).points == found.points).all()


@pytest.mark.parametrize("content", [b"", b"an older kind of features"])
def test_features_that_can_not_be_read_are_found_anew(stored: StoredFile, content: bytes) -> None:
    store.put(stored.rendition_key(*sight.FEATURES), content)
    found = sight.features_of(stored)
    assert LocalFeatures.from_bytes(store.get(stored.rendition_key(*sight.FEATURES))).to_bytes() == found.to_bytes()


def test_one_picture_with_two_captions_is_not_flagged(media: Path, lena: User, otto: User) -> None:
    template = pictures.photograph(3, width=600, height=600)
    ones = upload(lena, lettered(template, "ONE DOES NOT SIMPLY"))
    others = upload(otto, lettered(template, "WALK INTO MY HOUSE"))
    tasks.run_everything()
    pair = Pair.objects.get(left=ones, right=others)
    assert pair.traits & Pair.Trait.CAPTIONED
    assert pair.changed_share is not None
    assert 0.001 < pair.changed_share < 0.2
    assert pair.traits & Pair.Trait.REWORDED
    assert pair.tier == Pair.Tier.WEAK


def test_one_picture_with_and_without_a_caption_is_certain(media: Path, lena: User, otto: User) -> None:
    template = pictures.photograph(3, width=600, height=600)
    ones, others = upload(lena, template), upload(otto, lettered(template, "WALK INTO MY HOUSE"))
    tasks.run_everything()
    pair = Pair.objects.get(left=ones, right=others)
    assert pair.traits & Pair.Trait.CAPTIONED
    assert not pair.traits & Pair.Trait.REWORDED
    assert pair.traits & Pair.Trait.LETTERED_ON_ONE
    assert pair.tier == Pair.Tier.CERTAIN
    best = keeper.suggest([pair.left, pair.right], [pair], Policy.objects.in_force())
    assert best.image == ones


def test_captions_in_two_places_go_to_people(media: Path, lena: User, otto: User) -> None:
    template = pictures.photograph(3, width=600, height=600)
    ones, others = (
        upload(lena, lettered(template, "ONE DOES NOT SIMPLY", top=500)),
        upload(otto, lettered(template, "ONE DOES NOT SIMPLY")),
    )
    tasks.run_everything()
    pair = Pair.objects.get(left=ones, right=others)
    assert not pair.traits & Pair.Trait.LETTERED_ON_ONE
    assert pair.tier == Pair.Tier.REVIEW


def test_a_page_is_for_people_and_one_thing_on_a_plain_ground_is_not(media: Path, lena: User, otto: User) -> None:
    found = []
    for picture in (pictures.page(1), thing()):
        first, second = upload(lena, picture), upload(otto, pictures.resized(picture, 0.9))
        tasks.run_everything()
        found.append(Pair.objects.get(left=first, right=second))
    page, cup = found
    assert page.document_like
    assert cup.document_like
    assert (page.one_thing, page.tier) == (False, Pair.Tier.REVIEW)
    assert (cup.one_thing, cup.tier) == (True, Pair.Tier.CERTAIN)


def thing() -> Picture:
    """Something textured in the middle of a white ground."""
    ground = np.full((480, 640, 3), 255, np.uint8)
    ground[120:360, 180:460] = pictures.photograph(5, width=280, height=240)
    return checked(ground)


def lettered(picture: Picture, words: str, *, top: int = 20) -> Picture:
    """White words with black outlines, ``top`` pixels below the head of ``picture``, as memes have them."""
    image = Pixels.fromarray(picture)
    ImageDraw.Draw(image).text((30, top), words, fill="white", stroke_fill="black", stroke_width=3, font_size=44)
    return checked(np.asarray(image))
