"""Convolution and pooling in NumPy: loops, strides and Keras agree; gradients are derivatives."""

from collections.abc import Callable
from types import ModuleType

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.step_by_step import loops, sizes, strides

BOTH = pytest.mark.parametrize("room", [loops, strides], ids=["loops", "strides"])
# Stride, padding and sides that leave pixels over at the right and below, too.
HPARAMETERS = [{"stride": 1, "pad": 0}, {"stride": 2, "pad": 1}, {"stride": 3, "pad": 2}]


def volumes(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def numerical(loss: Callable[[np.ndarray], float], at: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The gradient of `loss` by central differences."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = h
        gradient[place] = (loss(at + step) - loss(at - step)) / (2 * h)
    return gradient


def relative(one: np.ndarray, other: np.ndarray) -> float:
    """The difference of two gradients, as the course measures it."""
    return float(np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other)))


@BOTH
def test_zeros_are_put_around_height_and_width(room: ModuleType) -> None:
    x = volumes(2, 3, 4, 2)
    padded = room.zero_pad(x, 2)
    assert padded.shape == (2, 7, 8, 2)
    assert (padded[:, 2:5, 2:6] == x).all()
    assert np.count_nonzero(padded) == np.count_nonzero(x)


@BOTH
@pytest.mark.parametrize("hparameters", HPARAMETERS)
def test_a_convolution_is_that_of_keras(room: ModuleType, hparameters: dict) -> None:
    x, weights, bias = volumes(2, 8, 7, 3), volumes(3, 3, 3, 4, seed=1), volumes(1, 1, 1, 4, seed=2)
    layer = keras.Sequential(
        [
            keras.layers.ZeroPadding2D(hparameters["pad"]),
            keras.layers.Conv2D(4, 3, hparameters["stride"]),
        ]
    )
    layer.build(x.shape)
    layer.set_weights([weights, bias.ravel()])
    z, _ = room.conv_forward(x, weights, bias, hparameters)
    np.testing.assert_allclose(z, layer(x), atol=1e-5)


@BOTH
@pytest.mark.parametrize("hparameters", HPARAMETERS)
def test_gradients_of_a_convolution_are_numerical_ones(room: ModuleType, hparameters: dict) -> None:
    values = [volumes(2, 6, 5, 2), volumes(3, 3, 2, 3, seed=1), volumes(1, 1, 1, 3, seed=2)]
    z, cache = room.conv_forward(*values, hparameters)
    by_z = volumes(*z.shape, seed=3)
    for index, gradient in enumerate(room.conv_backward(by_z, cache)):

        def loss(value: np.ndarray, index: int = index) -> float:
            x, weights, bias = [*values[:index], value, *values[index + 1 :]]
            return float((strides.conv_forward(x, weights, bias, hparameters)[0] * by_z).sum())

        assert gradient.shape == values[index].shape
        assert relative(gradient, numerical(loss, values[index])) < 1e-7


@BOTH
@pytest.mark.parametrize("mode", ["max", "average"])
@pytest.mark.parametrize(("f", "stride"), [(2, 2), (3, 2), (3, 1)])
def test_pooling_is_that_of_keras_and_its_gradients_numerical_ones(
    room: ModuleType, mode: str, f: int, stride: int
) -> None:
    x, hparameters = volumes(2, 6, 7, 3), {"f": f, "stride": stride}
    kind = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[mode]
    a, cache = room.pool_forward(x, hparameters, mode)
    np.testing.assert_allclose(a, kind(f, stride)(x), atol=1e-5)
    by_a = volumes(*a.shape, seed=1)

    def loss(value: np.ndarray) -> float:
        return float((strides.pool_forward(value, hparameters, mode)[0] * by_a).sum())

    assert relative(room.pool_backward(by_a, cache, mode), numerical(loss, x)) < 1e-7


def test_loops_and_strides_give_the_same_and_the_same_types() -> None:
    x, weights = volumes(1, 5, 5, 2).astype(np.float32), volumes(2, 2, 2, 3).astype(np.float32)
    one, other = (
        room.conv_forward(x, weights, np.zeros((1, 1, 1, 3), np.float32), HPARAMETERS[0])
        for room in (loops, strides)
    )
    assert one[0].dtype == other[0].dtype == np.float32
    np.testing.assert_allclose(one[0], other[0], atol=1e-5)
    for a, b in zip(loops.conv_backward(*one), strides.conv_backward(*other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_of_equal_maxima_all_get_the_gradient() -> None:
    flat = np.zeros((1, 2, 2, 1))
    for room in (loops, strides):
        _, cache = room.pool_forward(flat, {"f": 2, "stride": 2})
        assert room.pool_backward(np.ones((1, 1, 1, 1)), cache).ravel().tolist() == [1, 1, 1, 1]


def test_windows_are_a_view() -> None:
    x = volumes(1, 6, 6, 1)
    assert np.shares_memory(strides.windows(x, (3, 3), 2), x)


@BOTH
def test_what_does_not_fit_and_an_unknown_mode_are_said(room: ModuleType) -> None:
    small = np.zeros((1, 2, 2, 1))
    with pytest.raises(UserError, match="a filter of 3 does not fit into 2 pixels padded by 0"):
        room.conv_forward(small, np.zeros((3, 3, 1, 1)), np.zeros(1), {"stride": 1, "pad": 0})
    with pytest.raises(UserError, match="pooling is by max or average, not by 'median'"):
        room.pool_forward(small, {"f": 2, "stride": 2}, "median")


def test_senseless_sizes_are_refused() -> None:
    with pytest.raises(UserError, match="stride 0"):
        sizes.output_side(6, 3, 0, 0)
    with pytest.raises(UserError, match="2 is even"):
        sizes.same_padding(2)
