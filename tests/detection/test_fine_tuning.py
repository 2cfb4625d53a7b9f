"""A training that starts from a trained detector's layers."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from random_weights import random_weights
from test_detector_training import RECIPE, data  # noqa: F401  # a fixture
from yolo_networks import yolov3_tiny_cfg

from fivenets.core.errors import UserError
from fivenets.detection import darknet, model, transfer
from fivenets.detection.converted import Converted
from fivenets.detection.settings import FineTuning
from fivenets.detection.training import train

ANCHORS = [[1.0, 1.0], [2.0, 3.0]]


def trained() -> Converted:
    """A YOLOv3-tiny of random numbers, with heads of two scales."""
    cfg = darknet.parse(yolov3_tiny_cfg(64, classes=3, width=16))
    header, numbers = random_weights(cfg, seed=0)
    network = model.build(cfg)
    model.load(network, numbers)
    return Converted(network, cfg, header, ("one", "two", "three"))


@pytest.mark.parametrize(("count", "norms"), [(1, 0), (4, 3), (99, 10)])
def test_all_before_the_last_head_gives_what_it_gave(count: int, norms: int) -> None:
    start = trained()
    cfg = darknet.parse(transfer.cfg(start.cfg, 64, 96, 5, ANCHORS, count))
    assert cfg.input_shape == (64, 96, 3)
    assert cfg.regions[0].anchors == ((1.0, 1.0), (2.0, 3.0))
    assert cfg.classes == 5
    network = model.build(cfg, any_size=True)
    assert network.output_shape == (None, None, None, 2 * (5 + 5))
    transfer.load(network, cfg, start, count)
    # What is frozen has its norms in its convolutions.
    names = [layer.name for layer in network.layers]
    assert sum(name.startswith("batch_normalization") for name in names) == norms
    transfer.freeze(network, cfg, count)
    learned = [one for one in network.layers if one.name.startswith("conv") and one.trainable]
    assert len(learned) == min(count, 11)

    def before_last(of: keras.Model, number: int) -> keras.Model:
        return keras.Model(of.input, of.get_layer(f"conv2d_{number}").input)

    picture = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    theirs = before_last(start.network, 13)(picture).numpy()
    # Two convolutions of the coarser head lead nowhere any more.
    ours = before_last(network, 11)(picture).numpy()
    assert theirs.shape == (1, 4, 4, 16)
    assert np.abs(ours - theirs).max() <= (0 if norms == 10 else 1e-5)


def test_a_training_starts_from_it(data, tmp_path: Path) -> None:  # noqa: F811
    start = trained()
    tuning = FineTuning(
        start=["yolo-fastest-1.1"], trained=8, height=64, width=64, epochs=1, learning_rate=0.01
    )
    recipe = replace(RECIPE, scales=[1.0], fine_tuning=tuning).fine_tuned()
    assert (recipe.height, recipe.epochs, recipe.learning_rate) == (64, 1, 0.01)
    detector, _ = train(data, recipe, tmp_path, start=start)
    ours, theirs = (model.convolutions_of(one.network, one.cfg) for one in (detector, start))
    same = [
        np.array_equal(one.kernel, other.folded().kernel)
        for one, other in zip(ours, theirs, strict=False)
    ]
    assert same[:5] == [True, True, True, False, False]
    assert detector.labels == ("red", "blue")


def test_sides_are_those_of_two_scales() -> None:
    odd = FineTuning(
        start=["yolo-fastest-1.1"], trained=8, height=48, width=64, epochs=1, learning_rate=0.01
    )
    sentence = r"fine_tuning\.height should be a multiple of 32 pixels, it is 48"
    with pytest.raises(UserError, match=sentence):
        replace(RECIPE, scales=[1.0], fine_tuning=odd)
