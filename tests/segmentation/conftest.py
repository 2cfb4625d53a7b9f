"""A model that tells red, green and blue apart, which takes no training."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.segmentation.segmenter import Segmenter

COLOURS = ("red", "green", "blue")


@pytest.fixture
def segmenter() -> Segmenter:
    """Each pixel is of its strongest colour; seen at 16x24 pixels."""
    pictures = keras.Input((None, None, 3))
    logits = keras.layers.Conv2D(3, 1, use_bias=False, dtype="float32")
    network = keras.Model(pictures, logits(pictures))
    logits.set_weights([np.eye(3, dtype=np.float32)[None, None]])
    return Segmenter(network, COLOURS, 16, 24, 2, "Colours only.")


@pytest.fixture
def model(segmenter: Segmenter, tmp_path: Path) -> Path:
    segmenter.save(tmp_path / "colours.keras")
    return tmp_path / "colours.keras"
