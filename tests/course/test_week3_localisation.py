"""Week 3: the loss of a label vector, and sliding windows computed as one convolution."""

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.core.errors import UserError
from fivenets.detection.course import localisation_loss
from fivenets.detection.windows import as_convolutions

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
    assert localisation_loss(np.array(label), np.array(GUESS)) == pytest.approx(expected)


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    """The notes' network of windows: 14x14x3 -> 4."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((14, 14, 3)),
            layers.Conv2D(16, 5, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(400, activation="relu", name="fc1"),
            layers.Dense(400, activation="relu", name="fc2"),
            layers.Dense(4, activation="softmax", name="classes"),
        ]
    )


def test_dense_layers_become_convolutions_of_5x5_and_1x1(classifier: keras.Model) -> None:
    turned = as_convolutions(classifier)
    kernels = [layer.kernel.shape for layer in turned.layers if isinstance(layer, layers.Conv2D)]
    assert kernels == [(5, 5, 3, 16), (5, 5, 16, 400), (1, 1, 400, 400), (1, 1, 400, 4)]
    assert turned.count_params() == classifier.count_params()


@pytest.mark.parametrize(("side", "windows"), [(14, 1), (16, 2), (20, 4), (28, 8)])
def test_larger_images_give_one_answer_per_window(side, windows, classifier) -> None:
    # Windows of 14 at steps of 2: (side - 14) / 2 + 1 each way; 16 of them at a side of 20.
    shape = as_convolutions(classifier).compute_output_shape((1, side, side, 3))
    assert shape == (1, windows, windows, 4)


def test_the_four_windows_of_16x16_are_answered_at_once(classifier: keras.Model) -> None:
    image = np.random.default_rng(0).random((1, 16, 16, 3)).astype(np.float32)
    at_once = np.asarray(as_convolutions(classifier)(image))[0]
    for row in (0, 1):
        for column in (0, 1):
            crop = image[:, 2 * row : 2 * row + 14, 2 * column : 2 * column + 14]
            alone = np.asarray(classifier(crop))[0]
            assert at_once[row, column] == pytest.approx(alone, abs=1e-5)
    assert not np.allclose(at_once[0, 0], at_once[1, 1])


@pytest.mark.parametrize("layer", [layers.Conv2D(2, 3, padding="same"), layers.Reshape((-1,))])
def test_what_is_not_the_same_in_a_larger_picture_is_refused(layer: keras.Layer) -> None:
    with pytest.raises(UserError, match=r"pads windows|cannot be turned"):
        as_convolutions(keras.Sequential([keras.Input((8, 8, 3)), layer]))
