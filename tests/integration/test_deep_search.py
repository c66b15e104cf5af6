"""Pictures in collages, found by looking at the quarters of a picture."""

from pathlib import Path

import numpy as np
import pytest

from gallery import embedders, tasks
from gallery.models import Embedding, Pair, Policy, User
from gallery.pictures import Picture, checked
from tests import pictures
from tests.uploading import upload

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(embedders.missing("sscd")), reason="the sscd weights are not installed"),
]


def collage(*parts: Picture) -> Picture:
    """Four pictures of one size, two above two."""
    return checked(np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])]))


PARTS = [pictures.photograph(seed, width=480, height=360) for seed in (21, 22, 23, 24)]


@pytest.fixture
def deep() -> None:
    Policy.objects.update(deep_search=True)


@pytest.mark.parametrize("collage_first", [True, False])
def test_a_picture_is_found_in_a_collage_whichever_came_first(
    media: Path, lena: User, deep: None, collage_first: bool
) -> None:
    sent = [collage(*PARTS), PARTS[2]] if collage_first else [PARTS[2], collage(*PARTS)]
    first, second = [upload(lena, picture) for picture in sent]
    tasks.run_everything()
    pair = Pair.objects.get(left=first, right=second)
    assert pair.similarity is not None
    assert pair.similarity > 0.75
    assert pair.state == Pair.State.OPEN


def test_without_deep_search_nothing_but_the_whole_is_looked_at(media: Path, lena: User) -> None:
    upload(lena, collage(*PARTS))
    tasks.run_everything()
    assert [row.view for row in Embedding.objects.all()] == [Embedding.View.WHOLE]


def test_two_quarters_that_are_alike_make_no_pair(media: Path, lena: User, deep: None) -> None:
    strangers = [pictures.photograph(seed, width=480, height=360) for seed in (31, 32, 33)]
    first = upload(lena, collage(PARTS[0], PARTS[1], PARTS[2], PARTS[3]))
    second = upload(lena, collage(PARTS[0], *strangers))
    tasks.run_everything()
    assert Embedding.objects.filter(view=Embedding.View.Q1).count() == 2
    found = Pair.objects.filter(left=first, right=second).first()
    assert found is None or (found.similarity or 0) < 0.75


def test_quarters_of_a_few_pixels_are_left_out(media: Path, lena: User, deep: None) -> None:
    upload(lena, pictures.photograph(1, width=300, height=100))
    tasks.run_everything()
    assert Embedding.objects.count() == 1
