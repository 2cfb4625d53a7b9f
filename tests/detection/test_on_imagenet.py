"""A detector that starts from a classifier's layers, written as a cfg."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from test_detector_training import RECIPE, data  # noqa: F401  # a fixture

from fivenets.detection import certificate, model, on_imagenet, starting, transfer
from fivenets.detection.detector import Detector
from fivenets.detection.settings import FineTuning
from fivenets.detection.training import train
from fivenets.fitting import imagenet
from fivenets.fitting.mobilenet_v2 import efficientnet_lite0
from fivenets.sources.fetching import Fetched
from fivenets.sources.origin import Kind, Origin

WEIGHTS = Origin("efficientnet_lite0", Kind.PACKAGE, "0" * 64, "Apache-2.0", is_general=True)
LAST = 49  # convolutions before the head: its 48, and the one that scales pixels
TUNING = FineTuning(
    start=["efficientnet_lite0"], trained=5, height=64, width=96, epochs=1, learning_rate=0.001
)


@pytest.fixture(scope="module")
def values() -> list[np.ndarray]:
    """Of all layers, random and no larger than trained ones, biases too."""
    rng = np.random.default_rng(0)
    network = efficientnet_lite0((32, 32, 3), 1000, weights="imagenet")
    return [
        rng.normal(0, (2 / max(1, np.prod(shape[:-1]))) ** 0.5, shape).astype(np.float32)
        for shape in (weight.shape for weight in network.weights)
    ]


@pytest.fixture
def start(monkeypatch, values):
    """The network to start from; the weights' package is not asked for."""
    monkeypatch.setattr(imagenet, "load", lambda network, *_: network.set_weights(values))
    return on_imagenet.start(Path(), WEIGHTS, seed=0)


def test_the_cfg_computes_the_classifiers_features(start, values) -> None:
    classifier = efficientnet_lite0((65, 97, 3), 1000, weights="imagenet")
    classifier.set_weights(values)
    any_size = model.build(start.cfg, any_size=True)
    any_size.set_weights(start.network.get_weights())
    ours = keras.Model(any_size.input, any_size.get_layer(f"conv2d_{LAST}").output)
    theirs = keras.Model(classifier.input, classifier.get_layer("block_15_project").output)
    # Sides that are odd at every stride: there Keras pads as Darknet does.
    pictures = np.random.default_rng(1).integers(0, 256, (2, 65, 97, 3)).astype(np.float32)
    expected = theirs(pictures).numpy()
    assert expected.shape == (2, 3, 4, 320)
    assert expected.std() > 0.01
    assert np.abs(ours(pictures / 255).numpy() - expected).max() < 1e-4 * expected.std()


def test_what_is_trained_on_it_is_certified_and_keeps_its_layers(
    data,  # noqa: F811
    start,
    tmp_path: Path,
) -> None:
    recipe = replace(RECIPE, scales=[1.0], fine_tuning=TUNING).fine_tuned()
    trained, _ = train(data, recipe, tmp_path / "checkpoints", start=start)
    before, after = (model.convolutions_of(one.network, one.cfg) for one in (start, trained))
    same = [np.array_equal(one.kernel, other.kernel) for one, other in zip(before, after)]  # noqa: B905
    assert same[:-1] == [True] * LAST + [False] * 4
    cfg, weights, _ = trained.write_darknet(tmp_path / "model")
    detector = Detector.from_darknet(cfg, weights, trained.labels, trained.resize)
    record = certificate.certify(detector, cfg, weights, [data.test[0].image_rgb_uint8])
    assert certificate.is_equal(record)
    assert trained.trained_on == data.origins[0]
    assert "only what this program draws" in trained.caution


def test_the_first_start_that_can_be_had_is_taken(monkeypatch, start, caplog) -> None:
    found = Fetched(Path(), WEIGHTS)
    monkeypatch.setattr(imagenet, "fetch", lambda *_: found)
    both = replace(TUNING, start=["yolo-fastest-1.1", "efficientnet_lite0"])
    recipe = replace(RECIPE, scales=[1.0], fine_tuning=both)
    tuned, network = starting.started(recipe, "builtin", Path())
    assert (tuned.height, tuned.width) == (64, 96)
    assert network is not None
    assert network.trained_on == WEIGHTS
    assert caplog.messages == ["yolo-fastest-1.1 is unavailable here"]
    monkeypatch.setattr(imagenet, "fetch", lambda *_: None)
    assert starting.started(recipe, "builtin", Path()) == (recipe, None)


def test_its_head_repeats_for_a_seed(start) -> None:
    for seed, is_same in ((0, True), (1, False)):
        other = on_imagenet.start(Path(), WEIGHTS, seed)
        numbers = zip(start.network.get_weights(), other.network.get_weights(), strict=True)
        assert all(np.array_equal(*both) for both in numbers) == is_same


def test_its_head_is_of_the_grid_that_labels_are_of(start) -> None:
    cfg = transfer.cfg(start.cfg, 96, 64, 3, [[1, 1], [2, 2]], trained=5)
    assert "anchors=1.0000, 1.0000, 2.0000, 2.0000" in cfg
    assert model.build(on_imagenet.darknet.parse(cfg)).output_shape == (None, 6, 4, 2 * 8)
