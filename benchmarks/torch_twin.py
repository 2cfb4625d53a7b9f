"""A Keras network in PyTorch, with the same layers and weights, to be timed beside it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import torch
from torch import nn
from torch.nn import functional

Forward = Callable[..., torch.Tensor]


class Twin(nn.Module):
    """What a functional Keras network computes, from (n, 3, h, w) on; channels come second.

    Attributes: wanted: the names of the layers whose outputs `forward` returns, in that order.
    Raises: ValueError for a layer of a kind that is not translated here.
    """

    def __init__(self, network: keras.Model, *wanted: str):
        super().__init__()
        self.wanted = wanted or (network.layers[-1].name,)
        self.parts, self.steps = nn.ModuleDict(), []
        for layer in network.layers:
            if isinstance(layer, keras.layers.InputLayer):
                self.first = layer.name
                continue
            inputs = [tensor._keras_history.operation.name for tensor in _inputs(layer)]
            part = _translated(layer)
            if isinstance(part, nn.Module):
                self.parts[layer.name] = part
            self.steps.append((layer.name, part, inputs))

    def forward(self, picture: torch.Tensor) -> list[torch.Tensor]:
        found = {self.first: picture}
        for name, part, inputs in self.steps:
            found[name] = part(*(found[key] for key in inputs))
        return [found[name] for name in self.wanted]


def _inputs(layer: keras.Layer) -> list:
    inputs = layer.input
    return inputs if isinstance(inputs, list) else [inputs]


def _translated(layer: keras.Layer) -> Forward:
    """The layer as a module, where it has weights, or as a function of its inputs."""
    kinds = {name: make for names, make in KINDS.items() for name in names.split()}
    make = kinds.get(type(layer).__name__)
    if make is None:
        raise ValueError(f"{layer.name}: layers of kind {type(layer).__name__} have no twin")
    return make(layer)


def _convolution(layer: Any) -> nn.Module:
    kernel, *bias = layer.get_weights()
    size, _, before, after = kernel.shape
    padding = size // 2 if layer.padding == "same" else 0
    if layer.padding == "same" and layer.strides[0] > 1 and size > 1:
        raise ValueError(f"{layer.name}: Keras pads a strided convolution at its end only")
    twin = nn.Conv2d(before, after, size, layer.strides[0], padding, bias=bool(bias))
    _set(twin.weight, kernel.transpose(3, 2, 0, 1))
    if bias:
        _set(twin.bias, bias[0])
    activation = keras.activations.serialize(layer.activation)
    return nn.Sequential(twin, nn.ReLU()) if activation == "relu" else twin


def _normalisation(layer: Any) -> nn.Module:
    twin = nn.BatchNorm2d(layer.gamma.shape[0], layer.epsilon, 1 - layer.momentum)
    values = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    targets = (twin.weight, twin.bias, twin.running_mean, twin.running_var)
    for target, value in zip(targets, values, strict=True):
        _set(target, keras.ops.convert_to_numpy(value))
    return twin


def _dense(layer: Any) -> nn.Module:
    kernel, bias = layer.get_weights()
    twin = nn.Linear(*kernel.shape)
    _set(twin.weight, kernel.T)
    _set(twin.bias, bias)
    return twin


def _set(parameter: Any, values: np.ndarray) -> None:
    parameter.data.copy_(torch.from_numpy(np.ascontiguousarray(values)))


def _rescaling(layer: Any) -> Forward:
    offset = torch.tensor(layer.offset, dtype=torch.float32).reshape(-1, 1, 1)
    return lambda x: x * layer.scale + offset.to(x.device)


def _padding(layer: Any) -> Forward:
    (top, bottom), (left, right) = layer.padding
    return lambda x: functional.pad(x, (left, right, top, bottom))


def _reorg(layer: Any) -> Forward:
    def reorg(x: torch.Tensor) -> torch.Tensor:
        count, channels, height, width = x.shape
        side = layer.stride
        x = x.reshape(count, channels // side**2, height, side, width, side)
        x = x.permute(0, 3, 5, 1, 2, 4)
        return x.reshape(count, channels * side**2, height // side, width // side)

    return reorg


KINDS: dict[str, Callable[[Any], Forward]] = {
    "Conv2D": _convolution,
    "BatchNormalization DarknetBatchNormalization": _normalisation,
    "Dense": _dense,
    "ReLU": lambda layer: functional.relu,
    "LeakyReLU": lambda layer: lambda x: functional.leaky_relu(x, layer.negative_slope),
    "Add": lambda layer: torch.add,
    "Concatenate": lambda layer: lambda *xs: torch.cat(xs, dim=1),
    "MaxPooling2D": lambda layer: (
        lambda x: functional.max_pool2d(x, layer.pool_size, layer.strides)
    ),
    "AveragePooling2D": lambda layer: (
        lambda x: functional.avg_pool2d(x, layer.pool_size, layer.strides)
    ),
    "GlobalAveragePooling2D": lambda layer: lambda x: x.mean((2, 3)),
    "ZeroPadding2D": _padding,
    "Flatten": lambda layer: lambda x: x.flatten(1),
    "Rescaling": _rescaling,
    "GroupNormalization": lambda layer: (
        lambda x: functional.group_norm(x, layer.groups, eps=layer.epsilon)
    ),
    "UnitNormalization": lambda layer: lambda x: functional.normalize(x.float(), dim=1),
    "Reorg": _reorg,
}
