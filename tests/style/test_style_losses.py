"""Costs of style transfer on numbers worked out by hand."""

import numpy as np
import pytest
from keras import ops

from fivenets.style import losses
from fivenets.style.differentiation import value_and_gradient

# One row of two positions with two channels: Gram matrix [[1 + 9, 2 + 12], [2 + 12, 4 + 16]].
FEATURES = np.array([[[[1.0, 2.0], [3.0, 4.0]]]], np.float32)
ZEROS = np.zeros_like(FEATURES)


def test_content_cost_is_a_quarter_of_the_mean_square_of_differences() -> None:
    # (1 + 4 + 9 + 16) / (4 * 1 * 2 * 2)
    assert float(losses.compute_content_cost(FEATURES, ZEROS)) == pytest.approx(30 / 16)
    assert float(losses.compute_content_cost(FEATURES, FEATURES)) == 0
    stacked = np.concatenate([FEATURES, FEATURES], axis=1)  # of two rows
    assert float(losses.compute_content_cost(stacked, 0 * stacked)) == pytest.approx(30 / 16)


def test_gram_matrix_of_unrolled_features() -> None:
    unrolled = np.array([[1.0, 3.0], [2.0, 4.0]], np.float32)  # (channels, positions)
    assert ops.convert_to_numpy(losses.gram_matrix(unrolled)).tolist() == [[10, 14], [14, 20]]


def test_layer_style_cost_has_the_assignments_normalisation() -> None:
    # (10^2 + 2 * 14^2 + 20^2) / (4 * channels^2 * positions^2), channels = positions = 2
    cost = float(losses.compute_layer_style_cost(FEATURES, ZEROS))
    assert cost == pytest.approx((100 + 392 + 400) / (4 * 4 * 4))


def test_the_distance_of_gram_matrices_is_by_the_square_of_their_size() -> None:
    ones = np.ones((3, 3), np.float32)
    assert float(losses.gram_distance(ones, 0 * ones)) == pytest.approx(9 / (4 * 9))


def test_style_does_not_depend_on_the_size_of_the_picture() -> None:
    twice = np.concatenate([FEATURES, FEATURES], axis=2)
    assert float(losses.compute_layer_style_cost(FEATURES, twice)) == pytest.approx(0)


def test_style_cost_weighs_layers() -> None:
    of_style, of_picture = {"a": FEATURES, "b": FEATURES}, {"a": ZEROS, "b": FEATURES}
    cost = losses.compute_style_cost(of_style, of_picture, {"a": 0.2, "b": 0.8})
    assert float(cost) == pytest.approx(0.2 * 892 / 64)


def test_total_cost_defaults_to_the_assignments_weights() -> None:
    assert losses.total_cost(2.0, 3.0) == 10 * 2 + 40 * 3
    assert losses.total_cost(2.0, 3.0, alpha=1, beta=0.5) == 3.5


def test_total_variation_sums_steps_between_neighbours() -> None:
    image = np.array([[[[0.0], [1.0]], [[3.0], [3.5]]]], np.float32)
    # down: 3 and 2.5; right: 1 and 0.5
    assert float(losses.total_variation(image)) == pytest.approx(7)


def test_a_mask_counts_only_what_it_covers() -> None:
    whole = losses.mean_gram_matrix(FEATURES, np.ones(FEATURES.shape[1:3], np.float32))
    np.testing.assert_allclose(whole, losses.mean_gram_matrix(FEATURES), rtol=1e-5)
    mask = np.array([[1.0, 0.0]], np.float32)
    gram = ops.convert_to_numpy(losses.mean_gram_matrix(FEATURES, mask))
    assert gram == pytest.approx(np.array([[1, 2], [2, 4]]), rel=1e-5)
    half = ops.convert_to_numpy(losses.mean_gram_matrix(FEATURES, 0.5 * np.ones((1, 2))))
    assert half == pytest.approx(np.array([[5, 7], [7, 10]]), rel=1e-5)


def test_gradient_of_the_gram_matrix_is_that_of_differences() -> None:
    def loss(image):
        value = losses.compute_layer_style_cost(ZEROS + 1, image)
        return value, {}

    image = np.random.default_rng(0).normal(size=FEATURES.shape).astype(np.float32)
    value_of = value_and_gradient(loss)
    _, _, gradient = value_of(image)
    for index in np.ndindex(*image.shape):
        step = np.zeros_like(image)
        step[index] = 1e-2
        slope = (value_of(image + step)[0] - value_of(image - step)[0]) / 2e-2
        assert gradient[index] == pytest.approx(slope, rel=0.02, abs=1e-2)
