"""U-Net on MobileNetV2: what its skips carry, and that the encoder stays as it came."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.masks.prepared import MaskDataset
from fivenets.segmentation.settings import FineTuning, Recipe
from fivenets.segmentation.training import train
from fivenets.segmentation.unet_on_mobilenet import BOTTOM, SKIPS, encoder, unet_on

TUNING = FineTuning(
    start="mobilenet_v2", height=32, width=64, filters=4, epochs=1, learning_rate=0.01
)


def test_skips_of_each_stride_lead_to_logits_of_half_the_size() -> None:
    trained = encoder()
    shapes = [trained.get_layer(name).output.shape[-1] for name in (*SKIPS, BOTTOM)]
    assert shapes == [16, 24, 32, 96, 320]  # table 2 of Sandler et al.
    network = unet_on(trained, 5, filters=4, batch_norm_momentum=0.9)
    for height, width in ((32, 64), (96, 32)):
        assert network(np.zeros((1, height, width, 3), np.float32)).shape == (
            1, height // 2, width // 2, 5,
        )  # fmt: skip


def test_the_encoder_keeps_its_numbers_and_the_rest_learns(
    data: MaskDataset, recipe: Recipe, tmp_path: Path
) -> None:
    start = encoder()
    kept = {layer.name: layer.get_weights() for layer in start.layers[:-1] if layer.weights}
    tuned = replace(recipe, fine_tuning=TUNING).fine_tuned()
    assert (tuned.height, tuned.width, tuned.filters, tuned.epochs) == (32, 64, 4, 1)
    network, rows = train(data, tuned, tmp_path / "checkpoints", encoder=start)
    assert len(rows) == 1
    for layer in network.layers:
        for value, before in zip(layer.get_weights(), kept.get(layer.name, []), strict=False):
            assert np.array_equal(value, before), layer.name
    learned = {layer.name for layer in network.layers if layer.trainable_weights}
    assert {"bottom", "side0", "up3_twofold", "up0_norm", "logits"} <= learned
    assert not learned & kept.keys()


def test_its_sides_are_whole_cells_of_the_encoder(recipe: Recipe) -> None:
    sentence = re.escape("fine_tuning.width should be a multiple of 32 pixels, it is 48")
    with pytest.raises(UserError, match=sentence):
        replace(recipe, fine_tuning=replace(TUNING, width=48))
