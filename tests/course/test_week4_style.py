"""Week 4, style: content cost, Gram matrices and style cost, on two channels of 1x2 pixels.

The notes give J_content as 1/2 of the squares and J_style as 1 / (2 n_H n_W n_C)^2 of them; the
assignment divides the former by 2 n_H n_W n_C more, which this project keeps.
"""

import numpy as np
import pytest

from fivenets.style import losses

# Channel 0 is 1, 3 and channel 1 is 2, 4 at the two pixels.
STYLE = np.array([[[[1, 2], [3, 4]]]], np.float32)
GENERATED = np.array([[[[1, 0], [0, 1]]]], np.float32)
GRAM = [[1 * 1 + 3 * 3, 1 * 2 + 3 * 4], [2 * 1 + 4 * 3, 2 * 2 + 4 * 4]]


def test_a_gram_matrix_sums_the_products_of_two_channels_over_all_pixels() -> None:
    channels_by_pixels = STYLE.reshape(-1, 2).T
    assert np.asarray(losses.gram_matrix(channels_by_pixels)).tolist() == GRAM
    assert GRAM == [[10, 14], [14, 20]]
    by_position = np.asarray(losses.mean_gram_matrix(STYLE))
    assert (by_position * 2).tolist() == GRAM


def test_channels_that_never_fire_together_are_not_correlated() -> None:
    assert np.asarray(losses.gram_matrix(GENERATED.reshape(-1, 2).T)).tolist() == [[1, 0], [0, 1]]


def test_style_cost_of_a_layer() -> None:
    # Differences 9, 14, 14, 19: 81 + 196 + 196 + 361 = 834, over (2 * 1 * 2 * 2)^2.
    cost = losses.compute_layer_style_cost(STYLE, GENERATED)
    assert float(cost) == pytest.approx(834 / (2 * 1 * 2 * 2) ** 2)
    assert float(losses.compute_layer_style_cost(STYLE, STYLE)) == 0


def test_where_a_feature_stands_is_no_part_of_style_and_all_of_content() -> None:
    moved = STYLE[:, :, ::-1]
    assert float(losses.compute_layer_style_cost(STYLE, moved)) == 0
    assert float(losses.compute_content_cost(STYLE, moved)) > 0


def test_content_cost_is_half_of_the_squares_by_twice_the_size() -> None:
    # 0 + 4 + 9 + 9 = 22
    half_of_squares = 22 / 2
    cost = losses.compute_content_cost(STYLE, GENERATED)
    assert float(cost) == pytest.approx(half_of_squares / (2 * 1 * 2 * 2))


def test_style_cost_is_summed_over_layers_by_lambda() -> None:
    layers, same = {"a": STYLE, "b": STYLE}, {"a": GENERATED, "b": STYLE}
    cost = losses.compute_style_cost(layers, same, {"a": 0.2, "b": 0.8})
    assert float(cost) == pytest.approx(0.2 * 834 / 64)


def test_the_cost_is_alpha_of_content_and_beta_of_style() -> None:
    assert losses.total_cost(2.0, 3.0, alpha=10, beta=40) == 10 * 2 + 40 * 3
