"""MobileNetV2 is that of keras.applications, and takes ImageNet's weights out of a TFLite file."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from torch_files import whole, written

from fivenets.core.errors import UserError
from fivenets.core.images import read_image, resize
from fivenets.fitting import imagenet, tflite_file
from fivenets.fitting.mobilenet_v2 import efficientnet_lite0, mobilenet_v2
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch

needs_mirror = pytest.mark.skipif(not os.environ.get(MIRROR_VARIABLE), reason="needs a mirror")


@pytest.mark.parametrize(("alpha", "side"), [(1.4, 33), (0.35, 64)])
def test_it_is_the_network_of_keras_applications(alpha: float, side: int) -> None:
    keras.utils.set_random_seed(0)
    ours = mobilenet_v2((side, side, 3), 5, alpha=alpha)
    theirs = keras.applications.MobileNetV2(
        (side, side, 3), alpha, include_top=False, weights=None, pooling="avg"
    )
    # Statistics as of training: fresh ones would hide a normalisation at a wrong place.
    values = [np.random.default_rng(0).uniform(0.5, 1.5, w.shape) for w in theirs.weights]
    theirs.set_weights([value / np.sqrt(value[..., 0].size) for value in values])
    ours.set_weights([*theirs.get_weights(), *ours.layers[-1].get_weights()])
    images = np.random.default_rng(1).integers(0, 256, (2, side, side, 3)).astype(np.float32)
    features = keras.Model(ours.input, ours.layers[-1].input)(images)
    expected = np.asarray(theirs(images / 127.5 - 1))
    np.testing.assert_allclose(features, expected, atol=1e-4 * np.abs(expected).max())


def test_sizes() -> None:
    scratch, folded = (mobilenet_v2((64, 64, 3), 6, weights=kind) for kind in ("none", "imagenet"))
    logits = 6 * 1280 + 6
    assert scratch.count_params() - logits == 2_257_984
    # Each of 17,056 channels has a bias in place of a normalisation's four numbers.
    assert scratch.count_params() - folded.count_params() == 3 * 17_056


def test_sizes_of_efficientnet_lite0() -> None:
    scratch = efficientnet_lite0((64, 64, 3), 1000)
    trained = sum(weight.numpy().size for weight in scratch.trainable_weights)
    assert trained == 4_652_008  # published as 4.7 million


def test_efficientnets_normalisations_are_folded_into_its_convolutions(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    scratch, folded = (
        efficientnet_lite0((40, 40, 3), 5, weights=kind) for kind in ("none", "imagenet")
    )
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {}
    for layer in scratch.layers[:-1]:
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        if is_norm:
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
        for array in layer.get_weights():
            if array.ndim == 4:
                axes = (2, 3, 0, 1) if "depthwise" in layer.name else (3, 2, 0, 1)
                array = np.ascontiguousarray(array.transpose(axes))
            values[f"{layer.name}.{len(values)}"] = whole(str(len(values)), array)
        if is_norm:
            values[f"{layer.name}.batches"] = whole(str(len(values)), np.array(0, np.int64))
    (tmp_path / "x.pth").write_bytes(written(values))
    imagenet.load_efficientnet_lite0(folded, tmp_path / "x.pth")
    folded.layers[-1].set_weights(scratch.layers[-1].get_weights())
    pictures = rng.integers(0, 256, (2, 40, 40, 3)).astype(np.float32)
    expected = np.asarray(scratch(pictures))
    np.testing.assert_allclose(folded(pictures), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("content", [b"", b"not a model" * 9])
def test_a_file_that_is_no_tflite_model_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tflite").write_bytes(content)
    with pytest.raises(UserError, match=r"x\.tflite is not a TFLite model"):
        tflite_file.convolutions(tmp_path / "x.tflite")


@needs_mirror
def test_with_imagenets_weights_it_names_what_is_in_a_photograph(tmp_path: Path) -> None:
    weights = fetch(ASSETS["mobilenet_v2"], tmp_path, "real")
    photographs = fetch(ASSETS["sklearn_photographs"], tmp_path, "auto")
    assert weights
    assert photographs
    network = mobilenet_v2((224, 224, 3), 1000, weights="imagenet")
    imagenet.load(network, "mobilenet_v2", weights.folder)
    labels = imagenet.load_logits(network, weights.folder)
    images = [
        resize(read_image(photographs.folder / name), 224) for name in ("china.jpg", "flower.jpg")
    ]
    best = np.asarray(network(np.stack(images).astype(np.float32))).argmax(axis=1)
    assert [labels[index] for index in best] == ["palace", "daisy"]
    with pytest.raises(UserError, match=r"Conv1 of shapes \[\(3, 3, 3, 16\), \(16,\)\] expected"):
        imagenet.load(
            mobilenet_v2((64, 64, 3), 2, alpha=0.5, weights="imagenet"),
            "mobilenet_v2",
            weights.folder,
        )
    with pytest.raises(UserError, match="convolutions with folded normalisations expected"):
        imagenet.load(mobilenet_v2((64, 64, 3), 2), "mobilenet_v2", weights.folder)
