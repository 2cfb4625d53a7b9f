"""LeNet-5 in NumPy: the network of the same weights in Keras, true gradients, and it learns."""

import numpy as np
import pytest

from fivenets.step_by_step import lenet
from fivenets.step_by_step.layers import Dense


@pytest.fixture
def network() -> list:
    return lenet.lenet5(np.random.default_rng(0), np.float64)


def test_all_gradients_are_numerical_ones(network: list) -> None:
    rng = np.random.default_rng(1)
    images, labels = rng.normal(size=(2, 32, 32, 1)), np.array([3, 7])
    _, gradients = lenet.loss_and_gradients(network, images, labels)
    for values, gradient in zip(lenet.parameters(network), gradients, strict=True):
        # Along a direction of its own: one number for each of up to 48,000.
        direction = rng.normal(size=values.shape)
        losses = []
        for sign in (1, -2, 1):  # a step up, two down, and back
            values += sign * 1e-5 * direction
            losses.append(lenet.loss_and_gradients(network, images, labels)[0])
        slope, expected = (losses[0] - losses[1]) / 2e-5, float((gradient * direction).sum())
        assert slope == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_large_logits_have_the_loss_that_they_differ_by() -> None:
    scores = Dense([np.array([[1000.0, 998], [-1000, -1003]]), np.zeros(2)])
    inputs, labels = np.eye(2), np.array([0, 1])
    loss, (gradient, _) = lenet.loss_and_gradients([scores], inputs, labels)
    first, second = np.exp(-2) / (1 + np.exp(-2)), 1 / (1 + np.exp(-3))
    assert loss == pytest.approx((np.log1p(np.exp(-2)) + 3 + np.log1p(np.exp(-3))) / 2)
    assert gradient == pytest.approx(np.array([[-first, first], [second, -second]]) / 2)


def test_it_learns_two_patterns_by_heart() -> None:
    rng = np.random.default_rng(0)
    network, optimizer = lenet.lenet5(rng), lenet.Adam(1e-3)
    images, labels = rng.normal(size=(4, 32, 32, 1)).astype(np.float32), np.array([1, 8, 1, 8])
    losses = [lenet.train_epoch(network, images, labels, optimizer, 4, rng) for _ in range(15)]
    assert losses[-1] < 0.1 * losses[0]
    assert lenet.logits(network, images).argmax(axis=1).tolist() == labels.tolist()
    assert {values.dtype for values in lenet.parameters(network)} == {np.dtype(np.float32)}
