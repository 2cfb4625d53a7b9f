"""nn4.small2: its size, its output, and the OpenFace weights' orders."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces import task
from fivenets.faces.nn4 import load_openface_csv, nn4_small2
from fivenets.faces.settings import Conversion
from fivenets.sources.origin import Kind


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return nn4_small2()


def write_csvs(network: keras.Model, folder: Path) -> dict[str, list[np.ndarray]]:
    """Random weights as OpenFace stores them; returns them by layer, in Keras' order."""
    rng, written = np.random.default_rng(0), {}
    for layer in network.layers:
        values = [rng.random(tuple(weight.shape)).astype(np.float32) for weight in layer.weights]
        written[layer.name] = values
        for part, value in zip("wbmv", values, strict=False):
            # Torch: (out, in, height, width) and (out, in).
            torch = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
            np.savetxt(folder / f"{layer.name}_{part}.csv", torch.reshape(1, -1), delimiter=",")
    return written


def test_size_of_the_network_is_the_assignments(network: keras.Model) -> None:
    assert network.count_params() == 3_743_280
    assert network.input_shape == (None, 96, 96, 3)


def test_embeddings_have_unit_length(network: keras.Model) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3)).astype(np.float32)
    embeddings = np.asarray(network(pictures))
    assert embeddings.shape == (2, 128)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        ("3a", (12, 12, 256)),
        ("3b", (12, 12, 320)),
        ("3c", (6, 6, 640)),
        ("4a", (6, 6, 640)),
        ("4e", (3, 3, 1024)),
        ("5a", (3, 3, 736)),
        ("5b", (3, 3, 736)),
    ],
)
def test_blocks_have_the_papers_shapes(network: keras.Model, block: str, shape: tuple) -> None:
    assert network.get_layer(f"inception_{block}").output.shape[1:] == shape


def test_openface_csvs_arrive_in_keras_order(network: keras.Model, tmp_path: Path) -> None:
    written = write_csvs(network, tmp_path)
    # 37 convolutions of 2 files, as many batch normalisations of 4, a dense layer of 2.
    assert len(list(tmp_path.iterdir())) == 37 * 6 + 2
    load_openface_csv(network, tmp_path)
    for layer in network.layers:
        for found, expected in zip(layer.get_weights(), written[layer.name], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    # As params.yaml names the folder: facenet-resnet.convert.weights.
    settings = Conversion(weights=str(tmp_path), seed=0)
    converted, origin = task._converted(settings, "builtin")
    kernel = converted.get_layer("conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel, network.get_layer("conv1").get_weights()[0])
    assert (origin.asset, origin.kind) == (f"{tmp_path.name} (OpenFace)", Kind.FOLDER)
    with pytest.raises(UserError, match="nowhere is not a folder of OpenFace weights"):
        task._converted(Conversion(weights="nowhere", seed=0), "builtin")
    (tmp_path / "conv2_b.csv").write_text("1,2,3\n")
    with pytest.raises(UserError, match=r"conv2_b.csv: 64 numbers expected, the file holds 3"):
        load_openface_csv(network, tmp_path)
    (tmp_path / "conv2_b.csv").unlink()
    with pytest.raises(UserError, match=r"has no conv2_b\.csv: expected 64 numbers"):
        load_openface_csv(network, tmp_path)


def test_a_standardised_network_sees_no_light_and_has_no_more_weights() -> None:
    network = nn4_small2(is_standardised=True)
    assert network.count_params() == 3_743_280
    standardise = network.get_layer("standardise")
    picture = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3)).astype(np.float32)
    standard = np.asarray(standardise(picture))
    assert (standard.mean(), standard.std()) == pytest.approx((0, 1), abs=1e-3)
    np.testing.assert_allclose(np.asarray(standardise(picture / 2 + 20)), standard, atol=1e-3)
