"""Week 2: 1x1 convolutions, and the multiplications that they save an inception block."""

import keras
import numpy as np
import pytest

from fivenets.classification.googlenet import inception
from fivenets.faces.nn4 import nn4_small2
from fivenets.looking.arithmetic import multiplications
from fivenets.step_by_step import strides

STEP = {"stride": 1, "pad": 0}


def products(volume: tuple[int, ...], filters: int, f: int) -> int | None:
    """How many a "same" convolution of a volume (height, width, channels) takes."""
    layer = keras.layers.Conv2D(filters, f, padding="same", use_bias=False)
    layer(keras.Input(volume))
    return multiplications(layer)


def test_one_by_one_on_one_channel_multiplies_each_pixel() -> None:
    image = np.array([[1, 2, 3, 6, 5, 8], [3, 5, 5, 1, 3, 4]], float)[None, ..., None]
    output, _ = strides.conv_forward(image, np.full((1, 1, 1, 1), 2.0), np.zeros(1), STEP)
    assert output[0, ..., 0].tolist() == [[2, 4, 6, 12, 10, 16], [6, 10, 10, 2, 6, 8]]


def test_one_by_one_is_a_dense_layer_at_every_pixel() -> None:
    rng = np.random.default_rng(0)
    volume, kernel, bias = rng.normal(size=(1, 6, 6, 32)), rng.normal(size=(32, 5)), np.arange(5.0)
    output, _ = strides.conv_forward(volume, kernel[None, None], bias, STEP)
    assert output.shape == (1, 6, 6, 5)
    assert output[0, 2, 3] == pytest.approx(volume[0, 2, 3] @ kernel + bias)


def test_a_bottleneck_takes_a_tenth_of_the_multiplications() -> None:
    direct = products((28, 28, 192), 32, 5)
    squeezed, widened = products((28, 28, 192), 16, 1), products((28, 28, 16), 32, 5)
    assert direct == 28 * 28 * 32 * 5 * 5 * 192 == 120_422_400
    assert (squeezed, widened) == (2_408_448, 10_035_200)  # 12,443,648 in all


def test_googlenets_first_block_has_that_bottleneck() -> None:
    volume = keras.Input((28, 28, 192))
    block = keras.Model(volume, inception(volume, 64, (96, 128), (16, 32), 32, name="3a"))
    costs = [multiplications(block.get_layer(name)) for name in ("3a_5x5_reduce", "3a_5x5")]
    assert costs == [2_408_448, 10_035_200]
    # 32 filters of 1x1 shrink the channels after pooling and leave the sides.
    assert block.get_layer("3a_pool_proj").output.shape == (None, 28, 28, 32)
    assert block.output.shape == (None, 28, 28, 256)


def test_an_inception_block_stacks_its_branches_channels() -> None:
    network = nn4_small2()
    block = network.get_layer("inception_3a")
    assert network.get_layer("inception_3a_3x3_conv1").input.shape[1:] == (12, 12, 192)
    # The 3x3 and 5x5 branches, pooling, and 1x1.
    assert [branch.shape[1:] for branch in block.input] == [
        (12, 12, channels) for channels in (128, 32, 32, 64)
    ]
    assert block.output.shape[1:] == (12, 12, 256)
