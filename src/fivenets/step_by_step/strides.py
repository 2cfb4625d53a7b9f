"""The functions of `loops` without their loops, for any number of dimensions.

A view shows each window of an array as an array of its own without copying a number (stride tricks:
other strides over the same memory), so that all windows meet all filters in one product of
matrices. Signals (m, length, channels) and volumes (m, height, width, depth, channels) go the same
way as pictures.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fivenets.step_by_step.loops import ConvCache, Hparameters, PoolCache, pooling
from fivenets.step_by_step.sizes import output_side


def zero_pad(volumes: np.ndarray, pad: int) -> np.ndarray:
    """`pad` zeros around each volume in all directions but the channels."""
    return np.pad(volumes, [(0, 0), *[(pad, pad)] * (volumes.ndim - 2), (0, 0)])


def windows(volumes: np.ndarray, f: tuple[int, ...], stride: int) -> np.ndarray:
    """A view of each window: (m, *places, channels, *f). Raises: UserError where none fits."""
    for side, of_filter in zip(volumes.shape[1:-1], f, strict=True):
        output_side(side, of_filter, 0, stride)
    axes = tuple(range(1, 1 + len(f)))
    every = sliding_window_view(volumes, f, axis=axes)
    return every[:, *[slice(None, None, stride)] * len(f)]


def conv_forward(
    a_prev: np.ndarray, weights: np.ndarray, bias: np.ndarray, hparameters: Hparameters
) -> tuple[np.ndarray, ConvCache]:
    """As `loops.conv_forward`. weights: (*f, channels, filters), bias: any shape of so many."""
    padded, f = zero_pad(a_prev, hparameters["pad"]), weights.shape[:-2]
    seen = windows(padded, f, hparameters["stride"])
    inside = range(1 + len(f), seen.ndim)  # channels, then the places within a window
    z = np.tensordot(seen, weights, (list(inside), [len(f), *range(len(f))]))
    return z + bias.reshape(-1), (a_prev, weights, bias, hparameters)


def conv_backward(dz: np.ndarray, cache: ConvCache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `loops.conv_backward`."""
    a_prev, weights, bias, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], weights.shape[:-2]
    padded = zero_pad(a_prev, pad)
    outside = list(range(1 + len(f)))  # examples and places
    d_weights = np.tensordot(windows(padded, f, stride), dz, (outside, outside))
    d_padded = np.zeros_like(padded, dz.dtype)
    for offset, touched in _touched(dz.shape[1:-1], f, stride):
        d_padded[touched] += dz @ weights[offset].T
    inner = [slice(pad, pad + side) for side in a_prev.shape[1:-1]]
    d_bias = dz.sum(axis=tuple(outside)).reshape(bias.shape)
    return d_padded[:, *inner], np.moveaxis(d_weights, 0, -2), d_bias


def pool_forward(
    a_prev: np.ndarray, hparameters: Hparameters, mode: str = "max"
) -> tuple[np.ndarray, PoolCache]:
    """As `loops.pool_forward`."""
    f = (hparameters["f"],) * (a_prev.ndim - 2)
    seen = windows(a_prev, f, hparameters["stride"])
    return pooling(mode)(seen, axis=tuple(range(-len(f), 0))), (a_prev, hparameters)


def pool_backward(da: np.ndarray, cache: PoolCache, mode: str = "max") -> np.ndarray:
    """As `loops.pool_backward`."""
    a_prev, hparameters = cache
    f, stride = (hparameters["f"],) * (a_prev.ndim - 2), hparameters["stride"]
    greatest, _ = pool_forward(a_prev, hparameters) if mode == "max" else (None, None)
    d_prev = np.zeros_like(a_prev, da.dtype)
    for _, touched in _touched(da.shape[1:-1], f, stride):
        if mode == "max":
            d_prev[touched] += da * (a_prev[touched] == greatest)
        else:
            d_prev[touched] += da / np.prod(f)
    return d_prev


def _touched(
    places: tuple[int, ...], f: tuple[int, ...], stride: int
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """For each place within a window, the pixels that stand there in one window or another.

    Windows overlap, so that a sum over all of them at once would lose some; those of one place
    within never do.
    """
    for offset in itertools.product(*map(range, f)):
        spans = zip(offset, places, strict=True)
        inner = (slice(start, start + stride * count, stride) for start, count in spans)
        yield offset, (slice(None), *inner)
