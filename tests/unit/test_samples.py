"""The photographs of the first start."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gallery import embedders
from gallery.management import samples
from gallery.management.samples import SamplesMissing
from gallery.pictures import Picture, checked


def _picture(content: bytes) -> Picture:
    return checked(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_there_are_about_thirty_and_no_two_files_or_names_are_the_same() -> None:
    made = list(samples.samples())
    assert len(made) == samples.count() >= 28
    assert len({sample.filename for sample in made}) == len(made)
    assert len({sample.content for sample in made}) == len(made)


def test_they_are_the_same_bytes_every_time() -> None:
    assert list(samples.samples()) == list(samples.samples())


def test_every_one_names_its_photographer_and_a_free_licence() -> None:
    free = {samples.CC0, samples.CC_BY, samples.PUBLIC_DOMAIN, samples.NO_RESTRICTIONS}
    assert all(sample.credit and sample.licence in free for sample in samples.samples())


def test_every_one_is_a_picture_of_a_size_that_people_upload() -> None:
    for sample in samples.samples():
        image = Image.open(io.BytesIO(sample.content))
        image.load()
        assert min(image.size) >= 200, sample.filename
        assert len(sample.content) < 1_000_000, sample.filename


def test_their_packages_are_read_and_never_run() -> None:
    program = (
        "import sys; from gallery.management.samples import samples; list(samples())\n"
        "run = {'skimage', 'sklearn', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'ran {run}' if run else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_package_that_is_not_there_is_answered_with_what_to_run() -> None:
    photograph = samples.photographs()["chelsea"]
    for absent in (replace(photograph, package="a_package_that_nobody_has"), replace(photograph, path="data/dog.png")):
        with pytest.raises(SamplesMissing, match=r"pip install .* -r requirements-samples\.txt"):
            absent.read()


def test_what_to_run_names_a_file_of_this_project() -> None:
    named = samples.INSTALL.split()[-1]
    assert (Path(__file__).parents[2] / named).is_file()


def test_copies_are_nearer_to_their_originals_than_different_photographs_are() -> None:
    """The network alone finds most of them: the first start has something to show."""
    sscd = embedders.load("sscd_distilled")
    made = list(samples.samples())
    vectors = sscd.embed([_picture(sample.content) for sample in made])
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    originals = len(samples.photographs())
    place = {name: number for number, name in enumerate(samples.photographs())}
    found = [
        int(likeness[number, :originals].argmax()) == place[edit.of]
        for number, edit in enumerate(samples.edits(), start=originals + 4)
    ]
    assert sum(found) >= len(found) - 1
