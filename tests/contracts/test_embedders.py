"""What every embedder promises, tried with each of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageEnhance

from gallery import embedders
from gallery.conf import conf
from gallery.embedders import Embedder, weights
from gallery.embedders.preparation import squash
from gallery.embedders.resnet50 import Resnet50
from gallery.embedders.sscd_torch import SscdTorch
from gallery.embedders.weights import WEIGHTS, WeightsFile, verified
from gallery.pictures import Picture, checked
from gallery.vectors import unit
from tests.embedder_cases import write_resnet50, write_sscd
from tests.pictures import photograph

TRAINED = ["sscd", "sscd_distilled"]


def _from_seeded_weights(name: str, folder: Path) -> Embedder:
    """A torch embedder on a weights file made here and read in the ordinary way, checksum included."""
    made: dict[str, tuple[Callable[[Path], None], Callable[[WeightsFile], Embedder]]] = {
        "resnet50": (write_resnet50, Resnet50),
        "sscd_torch": (write_sscd, SscdTorch),
    }
    write, embedder = made[name]
    path = folder / WEIGHTS[name].file
    write(path)
    # An absolute name stays itself when it is joined to the folder of the setting.
    return embedder(replace(WEIGHTS[name], file=str(path), sha256=weights.sha256_of(path)))


@pytest.fixture(scope="module", params=list(embedders.EMBEDDERS))
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    name: str = request.param
    if name in TRAINED or (conf().model_dir / WEIGHTS[name].file).is_file():
        return embedders.load(name)
    return _from_seeded_weights(name, tmp_path_factory.mktemp("weights"))


def test_vectors_are_float32_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed([photograph(1), photograph(2, width=97, height=640)])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, embedder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_the_batch(embedder: Embedder) -> None:
    batch = [photograph(seed) for seed in (3, 4, 5)]
    together = embedder.embed(batch)
    alone = np.concatenate([embedder.embed([one]) for one in batch])
    assert np.abs(together - alone).max() < 1e-3


def test_the_same_picture_has_the_same_vector(embedder: Embedder) -> None:
    first, again = embedder.embed([photograph(6), photograph(6)])
    assert float(first @ again) == pytest.approx(1, abs=1e-5)


def test_a_picture_is_nearest_to_itself(embedder: Embedder) -> None:
    vectors = embedder.embed([photograph(seed) for seed in range(5)])
    likeness = vectors @ vectors.T
    assert list(likeness.argmax(axis=1)) == list(range(5))


def test_pictures_of_one_pixel_and_of_odd_shapes_are_embedded(embedder: Embedder) -> None:
    dot = checked(np.full((1, 1, 3), 200, dtype=np.uint8))
    line = photograph(7, width=1500, height=16)
    assert embedder.embed([dot, line]).shape == (2, embedder.dimensions)


def test_a_picture_is_left_as_it_was(embedder: Embedder) -> None:
    given = photograph(8, width=embedder.side, height=embedder.side)
    before = given.copy()
    embedder.embed([given])
    assert np.array_equal(given, before)


def test_no_pictures_is_a_mistake_of_the_caller(embedder: Embedder) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        embedder.embed([])


def _copies(original: Picture) -> list[Picture]:
    image = Image.fromarray(original)
    width, height = image.size
    cropped = image.crop((width // 12, height // 12, width, height))
    return [
        checked(np.asarray(image.resize((width // 2, height // 2)))),
        checked(np.asarray(cropped)),
        checked(np.asarray(ImageEnhance.Color(image).enhance(0.6))),
        checked((original * 0.8).astype(np.uint8)),
    ]


@pytest.mark.parametrize("name", TRAINED)
def test_a_copy_is_nearer_than_any_other_picture(name: str) -> None:
    trained = embedders.load(name)
    original, *others = trained.embed([photograph(seed) for seed in range(10, 16)])
    copies = trained.embed(_copies(photograph(10)))
    assert float((copies @ original).min()) > float((np.stack(others) @ original).max())


@pytest.mark.parametrize("name", TRAINED)
def test_a_picture_brought_to_size_beforehand_has_the_same_vector(name: str) -> None:
    trained = embedders.load(name)
    whole, ready = trained.embed([photograph(9), squash(photograph(9), trained.side)])
    assert float(whole @ ready) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_the_constants_that_are_spread_change_no_bit_of_a_vector(name: str) -> None:
    pictures = [squash(photograph(seed), embedders.load(name).side) for seed in (20, 21)]
    plain = onnxruntime.InferenceSession(verified(WEIGHTS[name]), providers=["CPUExecutionProvider"])
    rows = [plain.run(None, {"image": picture[np.newaxis]})[0] for picture in pictures]
    assert np.array_equal(embedders.load(name).embed(pictures), unit(np.concatenate(rows)))
