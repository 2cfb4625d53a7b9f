"""Week 3: the loss of a label vector, and sliding windows computed as one convolution."""

import keras
import numpy as np
import pytest
from keras import layers

# p_c, b_x, b_y, b_h, b_w, and one of pedestrian, car, motorcycle
CAR = [1, 0.5, 0.7, 0.3, 0.4, 0, 1, 0]
GUESS = [0.8, 0.4, 0.7, 0.5, 0.4, 0.1, 0.6, 0.3]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        # 0.2^2 + 0.1^2 + 0.2^2 and of the classes 0.1^2 + 0.4^2 + 0.3^2
        (CAR, 0.35),
        # Without an object the rest is "don't care": 0.8^2.
        ([0, *CAR[1:]], 0.64),
        ([0] * 8, 0.64),
    ],
)
def test_the_squared_error_counts_all_eight_or_only_the_first(label: list, expected: float) -> None:
    squares = keras.losses.MeanSquaredError(reduction="sum")
    counts = np.array([1] + [label[0]] * 7)
    loss = squares(np.array(label)[:, None], np.array(GUESS)[:, None], sample_weight=counts)
    assert float(loss) == pytest.approx(expected)


def head(side: int) -> keras.Sequential:
    """The notes' network with its dense layers as convolutions: 14x14x3 -> 1x1x4."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.Conv2D(16, 5, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(400, 5, activation="relu", name="fc1"),
            layers.Conv2D(400, 1, activation="relu", name="fc2"),
            layers.Conv2D(4, 1, activation="softmax", name="classes"),
        ]
    )


def test_a_dense_layer_is_a_convolution_as_large_as_its_input() -> None:
    volume = np.random.default_rng(0).normal(size=(1, 5, 5, 16)).astype(np.float32)
    dense = layers.Dense(400)
    flat = np.asarray(dense(volume.reshape(1, -1)))
    convolution = layers.Conv2D(400, 5)
    convolution.build(volume.shape)
    kernel, bias = dense.get_weights()
    convolution.set_weights([kernel.reshape(5, 5, 16, 400), bias])
    output = np.asarray(convolution(volume))
    assert output.shape == (1, 1, 1, 400)
    assert output.ravel() == pytest.approx(flat.ravel(), abs=1e-4)


@pytest.mark.parametrize(("side", "windows"), [(14, 1), (16, 2), (20, 4), (28, 8)])
def test_larger_images_give_one_answer_per_window(side: int, windows: int) -> None:
    # Windows of 14 at steps of 2: (side - 14) / 2 + 1 each way; 16 of them at a side of 20.
    assert head(side).output_shape == (None, windows, windows, 4)


def test_the_four_windows_of_16x16_are_answered_at_once() -> None:
    image = np.random.default_rng(0).random((1, 16, 16, 3)).astype(np.float32)
    window, whole = head(14), head(16)
    whole.set_weights(window.get_weights())
    at_once = np.asarray(whole(image))[0]
    for row in (0, 1):
        for column in (0, 1):
            crop = image[:, 2 * row : 2 * row + 14, 2 * column : 2 * column + 14]
            alone = np.asarray(window(crop))[0, 0, 0]
            assert at_once[row, column] == pytest.approx(alone, abs=1e-5)
    assert not np.allclose(at_once[0, 0], at_once[1, 1])
