"""Reading PyTorch weights: both formats, and nothing else."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from pytest_django import Settings

from gallery import embedders
from gallery.embedders import torch_runtime
from gallery.embedders.sscd_torch import SscdTorch
from gallery.embedders.weights import WEIGHTS
from gallery.errors import ModelMissing
from tests.conftest import change_dedup
from tests.embedder_cases import seeded_tensors, write_sscd
from tests.pictures import photograph


@pytest.fixture(scope="module")
def sscd_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / WEIGHTS["sscd_torch"].file
    write_sscd(path)
    return path


def _sscd(path: Path) -> SscdTorch:
    return SscdTorch(replace(WEIGHTS["sscd_torch"], file=str(path)))


def test_torchvision_is_imported_beside_this_torch() -> None:
    program = (
        "from gallery.embedders.torchvision_guard import import_torchvision\n"
        "import_torchvision(); module = import_torchvision()\n"
        "assert sum(p.numel() for p in module.models.resnet50().parameters()) == 25_557_032\n"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, env=environment)


def test_generalised_mean_lies_between_the_average_and_the_maximum() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    assert torch_runtime.GeM(1.0)(maps)[0, 0].item() == pytest.approx(2.5)
    assert torch_runtime.GeM(3.0)(maps)[0, 0].item() == pytest.approx((100 / 4) ** (1 / 3))
    assert torch_runtime.GeM(40.0)(maps)[0, 0].item() == pytest.approx(4, abs=0.2)
    assert torch_runtime.GeM(3.0)(maps)[0, 1].item() == pytest.approx(0, abs=1e-5)


def test_the_vector_is_trunk_then_pooling_then_linear_layer(sscd_weights: Path) -> None:
    one = photograph(1, width=320, height=320)
    found = _sscd(sscd_weights).embed([one])[0]
    trunk = torch_runtime.resnet50()
    tensors = seeded_tensors(outputs=512)
    weight, bias = tensors.pop("fc.weight"), tensors.pop("fc.bias")
    trunk.fc = torch.nn.Identity()
    trunk.avgpool = torch.nn.Identity()
    trunk.load_state_dict(tensors)
    mean, deviation = (np.array(three, dtype=np.float32) for three in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.inference_mode():
        pixels = torch.from_numpy(((one / np.float32(255) - mean) / deviation).transpose(2, 0, 1)[None])
        maps = trunk.eval()(pixels).reshape(2048, 100).double()
        pooled = maps.clamp(min=1e-6).pow(3).mean(dim=1).pow(1 / 3).float()
        by_hand = (weight @ pooled + bias).numpy()
    assert np.abs(found - by_hand / np.linalg.norm(by_hand)).max() < 1e-4


def test_the_linear_layer_may_have_either_of_metas_names(sscd_weights: Path, tmp_path: Path) -> None:
    tensors = {
        name.replace("backbone.fc.", "embeddings.1."): tensor
        for name, tensor in torch_runtime.read_tensors(sscd_weights).items()
    }
    torch.save(tensors, tmp_path / "other_names.pt")
    batch = [photograph(2)]
    assert np.array_equal(_sscd(tmp_path / "other_names.pt").embed(batch), _sscd(sscd_weights).embed(batch))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # the test writes what others have written
def test_torchscript_is_read_too(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).eval()
    script = torch.jit.trace(module, torch.zeros(1, 3))  # type: ignore[no-untyped-call]  # torch leaves it untyped
    script.save(str(tmp_path / "script.pt"))
    read = torch_runtime.read_tensors(tmp_path / "script.pt")
    assert read.keys() == module.state_dict().keys()
    assert torch.equal(read["0.weight"], module.state_dict()["0.weight"])


class _Trap:
    """What a hostile file holds: unpickling it would run a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 7",)


def test_a_file_that_wants_to_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": _Trap()}, tmp_path / "trap.pt")
    with pytest.raises(ModelMissing, match="is not a file of PyTorch weights"):
        torch_runtime.read_tensors(tmp_path / "trap.pt")


@pytest.mark.parametrize("content", [b"", b"<html>log in first</html>", b"PK\x03\x04" + b"\x00" * 200])
def test_a_file_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "page.pt").write_bytes(content)
    with pytest.raises(ModelMissing, match=r"page\.pt is not a file of PyTorch weights\. Delete it"):
        torch_runtime.read_tensors(tmp_path / "page.pt")


def test_numbers_without_names_are_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "notes.pt")
    with pytest.raises(ModelMissing, match="something else than tensors by name"):
        torch_runtime.read_tensors(tmp_path / "notes.pt")


def test_weights_with_a_layer_missing_are_refused(sscd_weights: Path, tmp_path: Path) -> None:
    tensors = torch_runtime.read_tensors(sscd_weights)
    del tensors["backbone.layer4.2.conv3.weight"]
    torch.save(tensors, tmp_path / "short.pt")
    with pytest.raises(ModelMissing, match=r"(?s)weights of another network.*layer4\.2\.conv3\.weight"):
        _sscd(tmp_path / "short.pt")


def test_the_command_replaces_a_file_that_is_not_the_expected_one(
    sscd_weights: Path, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, model_dir=tmp_path / "models")
    place = tmp_path / "models" / WEIGHTS["resnet50"].file
    place.parent.mkdir()
    place.write_bytes(b"damaged")
    out = StringIO()
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as closed:
        port = closed.server_port
    with pytest.raises(CommandError, match="can not be downloaded"):
        call_command("fetch_models", "resnet50", mirror=f"http://127.0.0.1:{port}", stdout=out, no_color=True)
    assert f"{place} is not the expected file and is replaced." in out.getvalue()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_the_command_fetches_from_a_mirror_and_proves_it(
    sscd_weights: Path, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, model_dir=tmp_path / "models")
    out = StringIO()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(sscd_weights.parent))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        call_command("fetch_models", "sscd_torch", mirror=address, stdout=out, no_color=True)
        server.shutdown()
        thread.join()
    assert "sscd_torch is ready: 512 dimensions, key sscd_fp32_v1." in out.getvalue()
    assert embedders.missing("sscd_torch") == []
    assert embedders.load("sscd_torch").embed([photograph(3)]).shape == (1, 512)


def test_the_command_takes_a_file_brought_by_hand(sscd_weights: Path, tmp_path: Path, settings: Settings) -> None:
    change_dedup(settings, model_dir=tmp_path)
    call_command("fetch_models", "sscd_torch", source=sscd_weights, stdout=StringIO())
    assert (tmp_path / sscd_weights.name).is_file()


def test_the_command_refuses_another_file_under_the_right_name(
    sscd_weights: Path, tmp_path: Path, settings: Settings
) -> None:
    change_dedup(settings, model_dir=tmp_path)
    with pytest.raises(CommandError, match="is not the expected file"):
        call_command("fetch_models", "resnet50", source=sscd_weights, stdout=StringIO())
    assert list(tmp_path.iterdir()) == []
