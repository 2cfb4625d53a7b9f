"""Week 1, pooling: the 4x4 examples, sizes, and that there is nothing to learn."""

import keras
import numpy as np
import pytest

from fivenets.detection import darknet
from fivenets.detection.layers import PaddedMaxPooling2D

MAX_EXAMPLE = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]
AVERAGE_EXAMPLE = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 4, 2, 3], [5, 6, 1, 2]]


def pooled(layer: keras.Layer, image: list) -> list:
    return np.asarray(layer(np.array(image, np.float32)[None, ..., None]))[0, ..., 0].tolist()


@pytest.mark.parametrize(
    "layer", [keras.layers.MaxPooling2D(2), PaddedMaxPooling2D(2, 2, padding=0)]
)
def test_the_greatest_of_each_2x2(layer: keras.Layer) -> None:
    assert pooled(layer, MAX_EXAMPLE) == [[9, 2], [6, 3]]
    assert layer.count_params() == 0


def test_the_mean_of_each_2x2() -> None:
    # (1 + 3 + 2 + 9) / 4, (2 + 1 + 1 + 1) / 4, (1 + 4 + 5 + 6) / 4, (2 + 3 + 1 + 2) / 4
    assert pooled(keras.layers.AveragePooling2D(2), AVERAGE_EXAMPLE) == [[3.75, 1.25], [4, 2]]


def test_the_mean_of_all_of_7x7x1000_is_1x1x1000() -> None:
    layer = keras.layers.GlobalAveragePooling2D(keepdims=True)
    channels = np.broadcast_to(np.arange(1000, dtype=np.float32), (1, 7, 7, 1000))
    output = np.asarray(layer(channels))
    assert output.shape == (1, 1, 1, 1000)
    assert output[0, 0, 0].tolist() == list(range(1000))


@pytest.mark.parametrize(
    ("n", "f", "s", "expected"),
    [
        (4, 2, 2, 2),
        (28, 2, 2, 14),
        (5, 3, 2, 2),  # (5 - 3) / 2 + 1
        (6, 3, 2, 2),  # 3 / 2 is rounded down
        (55, 3, 2, 27),
    ],
)
def test_an_output_has_n_minus_f_over_s_plus_1_and_every_channel(n, f, s, expected) -> None:
    cfg = f"[net]\nheight={n}\nwidth={n}\n[maxpool]\nsize={f}\nstride={s}\npadding=0\n"
    pooling = keras.layers.MaxPooling2D(f, s)
    assert pooling.compute_output_shape((1, n, n, 3)) == (1, expected, expected, 3)
    assert darknet.parse(cfg).layers[0].shape == (expected, expected, 3)
