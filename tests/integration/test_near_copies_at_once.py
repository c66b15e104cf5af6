"""Two near-copies uploaded and worked on at once become exactly one pair. ``make test-faults`` tries it more often."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gallery import embedders
from gallery.ingest.intake import accept
from gallery.models import Image, Pair, Policy, User
from tests import pictures, site
from tests.simultaneous import twins

pytestmark = [
    pytest.mark.invariant(8),
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(bool(embedders.missing("sscd_distilled")), reason="the sscd weights are not installed"),
]

ROUNDS = 10


def only_copies_are_compared() -> None:
    """What is tried is the order of things: the small network, and no look at what is merely of the same kind."""
    Policy.objects.update(
        embedder="sscd_distilled", neighbours=2, similarity_floor=0.8, similarity_weak=0.8, similarity_review=0.8
    )


def upload_two(by: User, *, seed: int) -> list[int]:
    """A picture and a smaller, coarser copy of it. Their ids."""
    original = pictures.photograph(seed, width=320, height=240)
    contents = [pictures.encoded(original), pictures.encoded(pictures.resized(original, 0.8), quality=70)]
    return [accept(SimpleUploadedFile("photo.jpg", content), by=by).image.pk for content in contents]


def rounds_without_one_pair(by: User, folder: Path, *, rounds: int) -> list[int]:
    """The rounds after which the two images were not compared, or not exactly one pair for somebody to decide."""
    wrong = []
    only_copies_are_compared()
    with twins(site.environment_of(folder), rounds=rounds) as workers:
        for number in range(rounds):
            both = upload_two(by, seed=1000 + number)
            workers.work_off()
            found = Pair.objects.filter(left__in=both, right__in=both, state=Pair.State.OPEN).count()
            compared = Image.objects.filter(pk__in=both, stage=Image.Stage.COMPARED).count()
            if (found, compared) != (1, 2):
                wrong.append(number)
    return wrong


def test_two_near_copies_at_once_become_one_pair(milvus: str, media: Path, lena: User, tmp_path: Path) -> None:
    assert rounds_without_one_pair(lena, tmp_path, rounds=ROUNDS) == []
