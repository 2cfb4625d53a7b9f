"""ImageNet's weights: where they come from, and that they land where they belong."""

import hashlib
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from fivenets.core.errors import UserError
from fivenets.fitting import imagenet
from fivenets.sources import fetching
from fivenets.sources.origin import Kind

RESNET = imagenet.WEIGHTS["resnet50"]
FILE = RESNET.asset.files[0]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, str(tmp_path))
    monkeypatch.setitem(fetching.WAYS, Kind.PUBLIC, lambda asset, scratch: False)


def test_the_builtin_source_asks_nobody(tmp_path: Path) -> None:
    assert imagenet.fetch("resnet50", "builtin", tmp_path / "raw") is None


def test_without_weights_real_is_an_error_and_auto_trains_from_scratch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UserError, match="resnet50_imagenet: no mirror and no public source answer"):
        imagenet.fetch("resnet50", "real", tmp_path / "raw")
    assert imagenet.fetch("resnet50", "auto", tmp_path / "raw") is None
    assert "training from scratch" in caplog.text


def test_a_mirrors_file_is_verified_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE.name).write_bytes(b"weights")
    with pytest.raises(UserError, match=f"is not the expected file: .*expected {FILE.known_hash}"):
        imagenet.fetch("resnet50", "auto", tmp_path / "raw")
    assert list((tmp_path / "raw").iterdir()) == []
    file = replace(FILE, known_hash=f"md5:{hashlib.md5(b'weights').hexdigest()}")
    weights = replace(RESNET, asset=replace(RESNET.asset, files=(file,)))
    monkeypatch.setitem(imagenet.WEIGHTS, "resnet50", weights)
    found = imagenet.fetch("resnet50", "real", tmp_path / "raw")
    assert found is not None
    assert (found.folder / FILE.name).read_bytes() == b"weights"
    assert found.origin.kind == Kind.MIRROR


@pytest.fixture
def network() -> keras.Model:
    image = keras.Input((4, 4, 3))
    x = layers.Conv2D(2, 1, name="conv1_conv")(image)
    return keras.Model(image, layers.Dense(2, name="logits")(layers.Flatten()(x)))


def written(file: Path, **groups: list[np.ndarray]) -> Path:
    """A file of weights as Keras 2 wrote those of keras.applications."""
    with h5py.File(file, "w") as stored:
        for name, values in groups.items():
            names = [f"{name}/{index}:0" for index in range(len(values))]
            group = stored.create_group(name)
            group.attrs["weight_names"] = [text.encode() for text in names]
            for text, value in zip(names, values, strict=True):
                group[text] = value
    return file


def test_the_first_kernel_is_turned_to_read_rgb(network: keras.Model, tmp_path: Path) -> None:
    kernel, bias = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2), np.ones(2, np.float32)
    logits = network.get_layer("logits").get_weights()
    imagenet.load_resnet50(network, written(tmp_path / "w.h5", conv1_conv=[kernel, bias]))
    loaded, _ = network.get_layer("conv1_conv").get_weights()
    assert loaded[0, 0].tolist() == [[4, 5], [2, 3], [0, 1]]
    np.testing.assert_array_equal(network.get_layer("logits").get_weights()[0], logits[0])


def test_other_layers_and_shapes_are_refused(network: keras.Model, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no layer conv1_conv"):
        imagenet.load_resnet50(network, written(tmp_path / "w.h5", conv2=[]))
    short = [np.zeros((1, 1, 3, 3), np.float32), np.zeros(3, np.float32)]
    with pytest.raises(UserError, match=r"conv1_conv of shapes .* expected"):
        imagenet.load_resnet50(network, written(tmp_path / "x.h5", conv1_conv=short))
