"""A model that tells red, green and blue apart, which takes no training; and data to learn from."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.datasets.masks.prepared import Example, MaskDataset, MaskSettings
from fivenets.drawn.canvas import VOID
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import Augmentation, Loss, Recipe
from fivenets.sources.origin import Origin

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


def stripes(height: int, width: int) -> np.ndarray:
    """(height, width, 3): the left half red, the right half blue."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 255
    return picture


@pytest.fixture
def recipe() -> Recipe:
    """Learns the scenes below in seconds."""
    return Recipe(
        height=16,
        width=24,
        filters=4,
        depth=1,
        epochs=6,
        batch_size=4,
        learning_rate=0.02,
        warmup_fraction=0.1,
        weight_decay=0.0,
        batch_norm_momentum=0.8,
        mixed_precision=True,
        loss=Loss(class_balance=0.5, dice=0.5),
        augmentation=Augmentation(mirror=True, crop=0.3),
        seed=0,
    )


def scene(rng: np.random.Generator) -> Example:
    """A bright square on dark ground, whose edge is of no class, at twice the network's size."""
    image, mask = rng.integers(0, 60, (32, 48, 3)), np.zeros((32, 48), np.uint8)
    top, left = rng.integers(4, 14), rng.integers(4, 28)
    mask[top - 1 : top + 15, left - 1 : left + 15] = VOID
    mask[top : top + 14, left : left + 14] = 1
    image[top : top + 14, left : left + 14] += 150
    return Example(image.astype(np.uint8), mask)


@pytest.fixture(scope="session")
def data() -> MaskDataset:
    rng = np.random.default_rng(0)
    train, test = ([scene(rng) for _ in range(count)] for count in (34, 8))
    settings = MaskSettings(dataset="squares", train="train", test="test")
    source = Origin.drawn("squares", "0" * 64).record()
    return MaskDataset(settings, ("ground", "square"), source, train, test)
