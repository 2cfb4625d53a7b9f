"""Layers of a network in NumPy: each gives its output, and gradients from that of its output."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fivenets.step_by_step import strides


class Layer:
    """`cache` is what `forward` has kept for `backward`, which gives the gradient by the input and
    those by `parameters`, in their order."""

    def __init__(self, parameters: Sequence[np.ndarray] = ()):
        self.parameters = parameters

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        raise NotImplementedError

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        raise NotImplementedError


class Convolution(Layer):
    """Filters (*f, channels, filters) and a bias for each, at a stride of 1 without padding."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        weights, bias = self.parameters
        return strides.conv_forward(x, weights, bias, {"stride": 1, "pad": 0})

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        dx, *gradients = strides.conv_backward(dy, cache)
        return dx, gradients


class AveragePooling(Layer):
    """The means of each 2x2."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return strides.pool_forward(x, {"f": 2, "stride": 2}, "average")

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return strides.pool_backward(dy, cache, "average"), []


class Tanh(Layer):
    """The hyperbolic tangent, whose derivative is 1 - tanh^2."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y = np.tanh(x)
        return y, y

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy * (1 - cache**2), []


class Flatten(Layer):
    """Volumes as rows of numbers."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy.reshape(cache), []


class Dense(Layer):
    """x W + b with W (inputs, outputs)."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        weights, bias = self.parameters
        return x @ weights + bias, x

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy @ self.parameters[0].T, [cache.T @ dy, dy.sum(axis=0)]
