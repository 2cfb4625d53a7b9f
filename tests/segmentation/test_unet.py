"""U-Net's shapes and size, and that its skips carry what the bottom has lost."""

import keras
import numpy as np
import pytest

from fivenets.fitting.acceleration import training_copy
from fivenets.fitting.model_files import load, save
from fivenets.segmentation.unet import unet


def convolutions(network: keras.Model) -> list[tuple[int, ...]]:
    layers = (network.get_layer(layer.name) for layer in network.layers)
    return [tuple(layer.kernel.shape) for layer in layers if isinstance(layer, keras.layers.Conv2D)]


def test_with_the_papers_width_and_depth_it_has_the_papers_convolutions() -> None:
    # Figure 1 of Ronneberger et al.: 64 filters, four halvings, 23 convolutional layers in all.
    network = unet(2, filters=64, depth=4, batch_norm_momentum=0.9)
    shapes = convolutions(network)
    up = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert len(shapes) + len(up) == 23
    assert shapes[0] == (3, 3, 3, 64)
    assert (3, 3, 512, 1024) in shapes
    assert (3, 3, 1024, 512) in shapes  # of the skip beside what came up
    assert [layer.kernel.shape[2:] for layer in up] == [
        (512, 1024), (256, 512), (128, 256), (64, 128),
    ]  # fmt: skip
    assert shapes[-1] == (1, 1, 64, 2)


@pytest.mark.parametrize("sides", [(16, 24), (48, 8)])
def test_logits_are_as_large_as_the_picture_and_float32(sides: tuple[int, int]) -> None:
    trained = training_copy(unet(5, 4, 3, 0.9), "mixed_bfloat16")
    logits = trained(np.zeros((2, *sides, 3), np.float32))
    assert logits.shape == (2, *sides, 5)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert trained.get_layer("down0a").compute_dtype == "bfloat16"


def test_a_skip_carries_a_single_pixel_around_the_bottom() -> None:
    keras.utils.set_random_seed(0)
    network = unet(2, 8, 2, 0.9)
    network.get_layer("up1_twofold").set_weights([np.zeros((2, 2, 16, 32)), np.zeros(16)])
    pictures = np.full((2, 8, 8, 3), 100, np.float32)
    pictures[1, 5, 3] = 255
    one, other = keras.ops.convert_to_numpy(network(pictures))
    assert np.abs(one - other)[5, 3].max() > 1e-6  # nothing of it came by way of the bottom


def test_it_loads_in_safe_mode_and_answers_the_same(tmp_path) -> None:
    network = unet(3, 4, 1, 0.9)
    save(network, tmp_path / "unet.keras", {})
    picture = np.random.default_rng(0).uniform(0, 255, (1, 8, 6, 3)).astype(np.float32)
    again, _ = load(tmp_path / "unet.keras")
    assert np.array_equal(network(picture), again(picture))
