"""What a picture has with unrelated ones is taken off, in a library that is large enough."""

from collections.abc import Iterator

import numpy as np
import pytest

from gallery import embedders, index
from gallery.detection import background, candidates, collections
from gallery.models import Embedding, Fingerprint, Image, Policy, StoredFile, User
from gallery.models.fingerprint import packed
from gallery.vectors import Vectors, unit

pytestmark = pytest.mark.django_db

KEY = embedders.key_of("sscd")
SIZE = 512


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A library of 40 is large enough, and 20 of them are its background."""
    monkeypatch.setattr(background, "LEAST", 40)
    monkeypatch.setattr(background, "SAMPLE", 20)
    background.forget()
    yield
    background.forget()


def library(owner: User, vectors: Vectors) -> list[Image]:
    images = []
    for number, vector in enumerate(packed(vectors)):
        image = Image.objects.create(owner=owner, stage=Image.Stage.COMPARED)
        file = StoredFile.objects.create(image=image, sha256=f"{number:064x}", format="jpeg", content_type="image/jpeg")
        Image.objects.filter(pk=image.pk).update(file=file)
        row = Fingerprint.objects.create(
            file=file, pixel_hash=f"{number:064x}", decoder_version=1, pdq=bytes(256), pdq_quality=0, dominant_share=0
        )
        Embedding.objects.create(fingerprint=row, model_key=KEY, vector=vector)
        images.append(image)
    collections.insert(index.load(), list(Embedding.objects.all()), embedder="sscd")
    return images


def directions(count: int, seed: int = 1) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32))


def test_a_small_library_has_no_background(lena: User) -> None:
    library(lena, directions(39))
    assert background.load("sscd") is None


def test_every_process_draws_the_same_sample(lena: User) -> None:
    library(lena, directions(50))
    first = background.load("sscd")
    background.forget()
    again = background.load("sscd")
    assert first is not None
    assert again is not None
    assert len(first.images) == 20
    assert (first.images == again.images).all()


def test_the_level_is_the_mean_of_the_three_best_without_the_pair_itself() -> None:
    known = background.Background(unit(np.eye(6, dtype=np.float32)), np.arange(6))
    picture = unit(np.array([[0.8, 0.4, 0.3, 0.2, 0.1, 0.0]], np.float32))
    assert known.level(picture, of=[(0, 99)])[0] == pytest.approx(picture[0, 1:4].mean())
    assert known.level(picture, of=[(98, 99)])[0] == pytest.approx(picture[0, :3].mean())


def test_what_looks_a_little_like_everything_comes_after_what_stands_out(lena: User) -> None:
    shared = directions(1, seed=2)
    # Many pictures with something in common, and one, the hub, that is nearly nothing but that.
    crowd = unit(directions(44) + 0.9 * shared)
    query = unit(directions(1, seed=3) + 0.9 * shared)
    hub = unit(shared + 0.25 * directions(1, seed=4))
    twin = unit(query - 0.75 * shared + 0.6 * directions(1, seed=5))
    images = library(lena, Vectors(np.vstack([crowd, hub, twin, query])))
    hub_image, twin_image, image = images[-3:]
    policy = Policy.objects.in_force()
    policy.similarity_floor = 0.05
    plain = candidates.find([image], policy, index.load())[image.pk]
    policy.use_background = True
    found = candidates.find([image], policy, index.load())[image.pk]
    assert plain.candidates.keys() == found.candidates.keys()
    assert [other.image for other in plain.nearest(2)] == [hub_image.pk, twin_image.pk]
    assert found.nearest(1)[0].image == twin_image.pk
    out = {other.image: other.standing_out for other in found.candidates.values()}
    assert (out[twin_image.pk] or 0) > (out[hub_image.pk] or 0)
    assert all(other.standing_out is None for other in plain.candidates.values())
