"""Layers of a network in NumPy: each gives its output, and gradients from that of its output."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from fivenets.step_by_step import strides


class Layer(Protocol):
    """`cache` is what `forward` has kept for `backward`, which gives the gradient by the input and
    those by `parameters`, in their order."""

    parameters: list[np.ndarray]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]: ...

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]: ...


@dataclass
class Convolution:
    """Filters (*f, channels, filters) and a bias for each, at a stride of 1 without padding."""

    parameters: list[np.ndarray]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        weights, bias = self.parameters
        return strides.conv_forward(x, weights, bias, {"stride": 1, "pad": 0})

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        dx, *gradients = strides.conv_backward(dy, cache)
        return dx, gradients


@dataclass
class AveragePooling:
    """The means of each 2x2."""

    parameters: list[np.ndarray] = field(default_factory=list)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return strides.pool_forward(x, {"f": 2, "stride": 2}, "average")

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return strides.pool_backward(dy, cache, "average"), []


@dataclass
class Tanh:
    """The hyperbolic tangent, whose derivative is 1 - tanh^2."""

    parameters: list[np.ndarray] = field(default_factory=list)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y = np.tanh(x)
        return y, y

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy * (1 - cache**2), []


@dataclass
class Flatten:
    """Volumes as rows of numbers."""

    parameters: list[np.ndarray] = field(default_factory=list)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy.reshape(cache), []


@dataclass
class Dense:
    """x W + b with W (inputs, outputs)."""

    parameters: list[np.ndarray]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        weights, bias = self.parameters
        return x @ weights + bias, x

    def backward(self, dy: np.ndarray, cache: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        return dy @ self.parameters[0].T, [cache.T @ dy, dy.sum(axis=0)]
