"""The course's functions, in loops that say what is computed; `strides` computes the same at once.

Volumes are (m, height, width, channels), filters (f, f, channels, filters), biases (1, 1, 1,
filters); `hparameters` holds `stride` with, for a convolution, `pad` and, for pooling, `f`.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from fivenets.core.errors import UserError
from fivenets.step_by_step.sizes import output_side

Hparameters = Mapping[str, int]
ConvCache = tuple[np.ndarray, np.ndarray, np.ndarray, Hparameters]  # a_prev, weights, bias, ...
PoolCache = tuple[np.ndarray, Hparameters]
Place = tuple[int, int, slice, slice]  # in the output, and the window of the input


def zero_pad(volumes: np.ndarray, pad: int) -> np.ndarray:
    """`pad` zeros around the height and width of each volume."""
    return np.pad(volumes, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def conv_single_step(window: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> float:
    """One filter at one place: the sum of all products, and the bias.

    Args: window, weights: (f, f, channels). bias: a single number of any shape.
    """
    return float(np.sum(window * weights) + np.ravel(bias)[0])


def conv_forward(
    a_prev: np.ndarray, weights: np.ndarray, bias: np.ndarray, hparameters: Hparameters
) -> tuple[np.ndarray, ConvCache]:
    """Each filter at each place: (m, new height, new width, filters), and what `conv_backward`
    needs. No activation.

    Raises: UserError where a filter does not fit.
    """
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, count = weights.shape[0], weights.shape[3]
    padded = zero_pad(a_prev, pad)
    height, width = (output_side(n, f, pad, stride) for n in a_prev.shape[1:3])
    z = np.zeros((len(a_prev), height, width, count), np.result_type(a_prev, weights))
    for example in range(len(a_prev)):
        for row, column, rows, columns in _places(height, width, f, stride):
            window = padded[example, rows, columns]
            for k in range(count):
                z[example, row, column, k] = conv_single_step(window, weights[..., k], bias[..., k])
    return z, (a_prev, weights, bias, hparameters)


def conv_backward(dz: np.ndarray, cache: ConvCache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of a loss by a_prev, weights and bias, from its gradient by z."""
    a_prev, weights, bias, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, count = weights.shape[0], weights.shape[3]
    padded = zero_pad(a_prev, pad)
    d_padded, d_weights, d_bias = (np.zeros_like(x, dz.dtype) for x in (padded, weights, bias))
    for example in range(len(a_prev)):
        for row, column, rows, columns in _places(dz.shape[1], dz.shape[2], f, stride):
            for k in range(count):
                # What a window adds to z is each weight times each pixel: one's gradient is the
                # other, times that of z.
                gradient = dz[example, row, column, k]
                d_padded[example, rows, columns] += weights[..., k] * gradient
                d_weights[..., k] += padded[example, rows, columns] * gradient
                d_bias[..., k] += gradient
    height, width = a_prev.shape[1:3]
    return d_padded[:, pad : pad + height, pad : pad + width], d_weights, d_bias


def pool_forward(
    a_prev: np.ndarray, hparameters: Hparameters, mode: str = "max"
) -> tuple[np.ndarray, PoolCache]:
    """The greatest ("max") or mean ("average") of each window, channel by channel."""
    f, stride = hparameters["f"], hparameters["stride"]
    height, width = (output_side(n, f, 0, stride) for n in a_prev.shape[1:3])
    pool = pooling(mode)
    a = np.zeros((len(a_prev), height, width, a_prev.shape[3]), a_prev.dtype)
    for example in range(len(a_prev)):
        for row, column, rows, columns in _places(height, width, f, stride):
            a[example, row, column] = pool(a_prev[example, rows, columns], axis=(0, 1))
    return a, (a_prev, hparameters)


def pooling(mode: str) -> Callable[..., np.ndarray]:
    """The function of NumPy that pools by "max" or "average".

    Raises: UserError for another mode.
    """
    known = {"max": np.max, "average": np.mean}
    if mode not in known:
        raise UserError(f"pooling is by {' or '.join(known)}, not by {mode!r}")
    return known[mode]


def create_mask_from_window(window: np.ndarray) -> np.ndarray:
    """Where the greatest value stands: the only one on which the output depends.

    Of equal ones all are marked, as in the course; the derivative does not exist there.
    """
    return window == np.max(window)


def distribute_value(value: float, shape: tuple[int, int]) -> np.ndarray:
    """`value` in equal parts over a window (height, width)."""
    return np.full(shape, value / (shape[0] * shape[1]))


def pool_backward(da: np.ndarray, cache: PoolCache, mode: str = "max") -> np.ndarray:
    """The gradient of a loss by a_prev, from that by what `pool_forward` gave."""
    a_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    d_prev = np.zeros_like(a_prev, da.dtype)
    for example in range(len(a_prev)):
        for row, column, rows, columns in _places(da.shape[1], da.shape[2], f, stride):
            for channel in range(a_prev.shape[3]):
                gradient = da[example, row, column, channel]
                if mode == "max":
                    mask = create_mask_from_window(a_prev[example, rows, columns, channel])
                    d_prev[example, rows, columns, channel] += mask * gradient
                else:
                    d_prev[example, rows, columns, channel] += distribute_value(gradient, (f, f))
    return d_prev


def _places(height: int, width: int, f: int, stride: int) -> Iterator[Place]:
    """Every place of an output (height, width), and the window that it is of."""
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            yield row, column, slice(top, top + f), slice(left, left + f)
