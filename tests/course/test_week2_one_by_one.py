"""Week 2: 1x1 convolutions, and the multiplications that they save an inception block."""

import keras
import numpy as np
import pytest

from fivenets.faces.nn4 import nn4_small2


def multiplications(volume: tuple[int, ...], filters: int, f: int) -> int:
    """How many a "same" convolution of a volume (height, width, channels) takes."""
    layer = keras.layers.Conv2D(filters, f, padding="same", use_bias=False)
    layer.build((None, *volume))
    _, height, width, _ = layer.compute_output_shape((None, *volume))
    return height * width * layer.count_params()


def test_one_by_one_on_one_channel_multiplies_each_pixel() -> None:
    image = np.array([[1, 2, 3, 6, 5, 8], [3, 5, 5, 1, 3, 4]], np.float32)
    layer = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer=twice)
    assert np.asarray(layer(image[None, ..., None]))[0, ..., 0].tolist() == [
        [2, 4, 6, 12, 10, 16],
        [6, 10, 10, 2, 6, 8],
    ]


def twice(shape: tuple[int, ...], dtype: str | None = None):
    return 2 * keras.ops.ones(shape, dtype)


def test_one_by_one_is_a_dense_layer_at_every_pixel() -> None:
    volume = np.random.default_rng(0).normal(size=(1, 6, 6, 32)).astype(np.float32)
    convolution = keras.layers.Conv2D(5, 1, activation="relu")
    output = np.asarray(convolution(volume))
    dense = keras.layers.Dense(5, activation="relu")
    dense.build((None, 32))
    kernel, bias = convolution.get_weights()
    dense.set_weights([kernel[0, 0], bias])
    assert output.shape == (1, 6, 6, 5)
    assert output[0, 2, 3] == pytest.approx(np.asarray(dense(volume[0, 2, 3:4]))[0], abs=1e-5)


def test_32_filters_shrink_192_channels_and_leave_the_sides() -> None:
    layer = keras.layers.Conv2D(32, 1)
    assert layer.compute_output_shape((None, 28, 28, 192)) == (None, 28, 28, 32)


def test_a_bottleneck_takes_a_tenth_of_the_multiplications() -> None:
    direct = multiplications((28, 28, 192), 32, 5)
    squeezed, widened = multiplications((28, 28, 192), 16, 1), multiplications((28, 28, 16), 32, 5)
    assert direct == 28 * 28 * 32 * 5 * 5 * 192 == 120_422_400
    assert (squeezed, widened) == (2_408_448, 10_035_200)
    assert squeezed + widened == 12_443_648


def test_an_inception_block_stacks_its_branches_channels() -> None:
    network = nn4_small2()
    block = network.get_layer("inception_3a")
    assert network.get_layer("inception_3a_3x3_conv1").input.shape[1:] == (12, 12, 192)
    # The 3x3 and 5x5 branches, pooling, and 1x1.
    assert [branch.shape[1:] for branch in block.input] == [
        (12, 12, channels) for channels in (128, 32, 32, 64)
    ]
    assert block.output.shape[1:] == (12, 12, 256)
