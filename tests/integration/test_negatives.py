"""Copies in inverted colours: found by the complement of their hashes, compared once they are inverted back."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pixels

from gallery import index, store
from gallery.detection.candidates import find
from gallery.detection.reasons import why
from gallery.models import Case, Image, Pair, Policy, User
from gallery.pictures import Picture, checked
from gallery.review import selection
from gallery.review.selection import Filters
from gallery.verification.negatives import invert
from tests import pictures
from tests.uploading import upload, work_off

pytestmark = pytest.mark.django_db

PHOTO = pictures.photograph(1)


def found(first: Image, second: Image) -> Pair:
    return Pair.objects.get(left=first, right=second)


@pytest.mark.parametrize("sent", [(PHOTO, invert(PHOTO)), (invert(PHOTO), PHOTO)], ids=["after", "before"])
def test_a_negative_is_found_by_its_complement(
    media: Path, lena: User, otto: User, sent: tuple[Picture, Picture]
) -> None:
    images = upload(lena, sent[0]), upload(otto, sent[1], kind="JPEG", quality=70)
    work_off()
    pair = found(*images)
    assert (pair.state, pair.tier) == (Pair.State.OPEN, Pair.Tier.CERTAIN)
    assert pair.pdq_distance is not None
    assert pair.pdq_distance <= 31
    assert pair.traits & Pair.Trait.INVERTED
    assert why(pair) == "B is A in inverted colours."


def test_a_negative_is_a_neighbour_by_hash_alone(media: Path, lena: User) -> None:
    images = upload(lena, PHOTO), upload(lena, invert(pictures.resized(PHOTO, 0.5)))
    work_off()
    policy = Policy.objects.in_force()
    policy.similarity_floor = 0.99
    near = find(images, policy, index.load())
    assert [[other.image for other in near[image.pk].candidates.values()] for image in images] == [
        [images[1].pk],
        [images[0].pk],
    ]


def test_what_is_shown_of_a_negative_are_its_own_colours(media: Path, lena: User) -> None:
    pair_of = upload(lena, PHOTO), upload(lena, invert(PHOTO))
    work_off()
    pair = found(*pair_of)
    with Pixels.open(io.BytesIO(store.get(pair.rendition_key("aligned")))) as opened:
        shown = checked(np.asarray(opened.convert("RGB")))
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(shown[inside].astype(int) - invert(PHOTO)[inside]).mean() < 12


def test_cases_with_negatives_are_listed_by_what_was_done(media: Path, mara: User, lena: User, otto: User) -> None:
    upload(lena, PHOTO)
    upload(otto, invert(PHOTO))
    other = pictures.photograph(2)
    upload(lena, other)
    upload(otto, pictures.resized(other, 0.7))
    work_off()
    assert Case.objects.open().count() == 2
    (case,) = selection.matching(Filters(show="all", trait="inverted"), mara)
    assert {member.image.owner for member in case.members.all()} == {lena, otto}
    assert case.pk == found(*sorted(Image.objects.all(), key=lambda image: image.pk)[:2]).case_id
    assert "inverted" in selection.TRAITS


def test_a_copy_in_its_own_colours_is_not_called_a_negative(media: Path, lena: User) -> None:
    images = upload(lena, PHOTO), upload(lena, pictures.resized(PHOTO, 0.6))
    work_off()
    pair = found(*images)
    assert not pair.traits & Pair.Trait.INVERTED
    assert pair.evidence["transformation"]["inverted"] is False


def test_negatives_of_pages_stay_pages(media: Path, lena: User) -> None:
    page = pictures.page(1)
    images = upload(lena, page), upload(lena, invert(page))
    work_off()
    pair = found(*images)
    assert (pair.document_like, pair.tier) == (True, Pair.Tier.REVIEW)
