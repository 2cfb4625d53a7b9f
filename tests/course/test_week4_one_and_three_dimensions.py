"""Week 4: convolutions of signals and volumes."""

import keras
import numpy as np
import pytest


@pytest.mark.parametrize(
    ("layer", "channels"),
    [(keras.layers.Conv1D, 1), (keras.layers.Conv2D, 3), (keras.layers.Conv3D, 1)],
)
def test_14_becomes_10x16_and_then_6x32(layer, channels: int) -> None:
    dimensions = {keras.layers.Conv1D: 1, keras.layers.Conv2D: 2, keras.layers.Conv3D: 3}[layer]
    network = keras.Sequential(
        [keras.Input((14,) * dimensions + (channels,)), layer(16, 5), layer(32, 5)]
    )
    first, second = network.layers
    assert first.output.shape[1:] == (10,) * dimensions + (16,)
    assert second.output.shape[1:] == (6,) * dimensions + (32,)
    # A filter covers 5 in each direction and all channels: 5x5x5x16 in the second of three.
    assert first.count_params() == (5**dimensions * channels + 1) * 16
    assert second.count_params() == (5**dimensions * 16 + 1) * 32


def test_a_signal_is_convolved_step_by_step() -> None:
    layer = keras.layers.Conv1D(1, 3, use_bias=False)
    layer.build((None, 5, 1))
    layer.set_weights([np.array([1, 0, -1], np.float32).reshape(3, 1, 1)])
    signal = np.array([1, 20, 15, 3, 18], np.float32).reshape(1, 5, 1)
    assert np.asarray(layer(signal)).ravel().tolist() == [1 - 15, 20 - 3, 15 - 18]


def test_a_volume_is_convolved_in_all_three_directions() -> None:
    layer = keras.layers.Conv3D(1, 2, use_bias=False, kernel_initializer="ones")
    volume = np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3, 1)
    output = np.asarray(layer(volume))[0, ..., 0]
    assert output.shape == (2, 2, 2)
    # 0, 1, 3, 4 of the first slice and 9, 10, 12, 13 of the next; one step adds 8 times its stride.
    assert output[0, 0, 0] == 52
    assert (output[0, 0, 1], output[0, 1, 0], output[1, 0, 0]) == (52 + 8, 52 + 24, 52 + 72)
