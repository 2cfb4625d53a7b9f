"""A table of a network's layers: what each gives, what it costs, and how much of the input it sees.

Receptive fields after the notes' arithmetic (Le and Borji 2017): along the first side of a picture,
or a signal, with n pixels padded by p before them, a kernel k and a stride s:

    jump_out = jump_in * s                               pixels between two features
    field_out = field_in + (k - 1) * jump_in             pixels that one feature depends on
    start_out = start_in + ((k - 1) / 2 - p) * jump_in   centre of the first one; pixel 0 is at 0.5
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError, printable

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
UPSAMPLINGS = (layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)
DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
POOLED = [f"{kind}Pooling{dimensions}D" for kind in ("Max", "Average") for dimensions in (1, 2, 3)]
POOLINGS = tuple(getattr(layers, name) for name in POOLED)
# What depends on all places, and Darknet's reorg, whose rows go on in other channels.
ELSEWHERE = {"Reorg", *(f"Global{name}" for name in POOLED)}
PADDINGS = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)


@dataclass(frozen=True)
class Reach:
    """Which pixels of the input a layer's features depend on, in pixels along one side."""

    field: int
    jump: float
    start: float


@dataclass(frozen=True)
class Row:
    """One layer."""

    name: str
    shape: tuple[int | None, ...]  # of its output, without the batch
    parameters: int
    multiplications: int | None  # for one input; None: that depends on its size, which is free
    reach: Reach | None  # None: each feature depends on the whole input


def table(network: keras.Model) -> list[Row]:
    """A row for each layer, in the order in which they are computed.

    Raises: UserError where a layer is used more than once.
    """
    graph = _graph(network)
    reaches: dict[int, Reach | None] = dict.fromkeys(map(id, network.inputs), Reach(1, 1, 0.5))
    rows = []
    # Operations such as ops.pad are no layers; a Sequential has none.
    for layer in getattr(network, "operations", network.layers):
        inputs, outputs = graph[layer.name]
        if inputs:
            before = _widest([reaches.get(id(one)) for one in inputs])
            reaches |= dict.fromkeys(map(id, outputs), _after(layer, inputs[0].shape, before))
        if not isinstance(layer, keras.Layer):
            continue
        shape = tuple(outputs[0].shape[1:])
        reach = reaches[id(outputs[0])]
        rows.append(Row(layer.name, shape, layer.count_params(), multiplications(layer), reach))
    return rows


def _graph(network: keras.Model) -> dict[str, tuple[list[Any], list[Any]]]:
    """Inputs and outputs of each layer in this network; a layer may be in others as well.

    Raises: UserError where one is in this network twice: it sees two things, and has one row.
    """
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    places: dict[str, int] = {}
    waiting = list(network.outputs)
    while waiting:
        history = waiting.pop()._keras_history
        name, place = history.operation.name, history.node_index
        if places.setdefault(name, place) != place:
            raise UserError(
                f"the network uses its layer {printable(name)} more than once, and `look` has one "
                "row for each layer: it cannot show this one"
            )
        if name not in found:
            node = history.operation._inbound_nodes[place]
            found[name] = (node.input_tensors, node.output_tensors)
            waiting += node.input_tensors
    return found


def multiplications(layer: keras.Layer) -> int | None:
    """Products of a weight of a convolution or dense layer and a number, for one input.

    Of a network that is used as a layer: of all its layers. None where the layer has such products
    and takes inputs of any size.
    """
    if isinstance(layer, keras.Model):
        counts = [row.multiplications for row in table(layer)]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None
    # A transposed convolution multiplies each place of its input by the whole kernel.
    counted = layer.input if isinstance(layer, TRANSPOSED) else layer.output
    sides = keras.tree.flatten(counted)[0].shape[1:-1]
    kinds = (layers.Dense, *SEPARABLE, *CONVOLUTIONS, *TRANSPOSED, *DEPTHWISE)
    if not isinstance(layer, kinds):
        return 0
    if None in sides:
        return None
    places = int(np.prod(sides, dtype=int))
    if isinstance(layer, SEPARABLE):
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
        return places * sum(int(np.prod(kernel.shape)) for kernel in kernels)
    return places * int(np.prod(layer.kernel.shape))


def _widest(reaches: list[Reach | None]) -> Reach | None:
    """Of what is added or stacked: all that it depends on, at the jump that its parts share."""
    known = [reach for reach in reaches if reach]
    if len(known) < len(reaches):
        return None
    return max(known, key=lambda reach: reach.field)


def _after(layer: Any, shape: tuple[int | None, ...], before: Reach | None) -> Reach | None:
    """The reach of the output of a layer or an operation. shape: of its input.

    What normalises a picture by its own mean counts as if it saw one place: it scales all alike.
    """
    kind = type(layer).__name__
    if before is None or isinstance(layer, keras.Model) or kind in ELSEWHERE:
        return None
    if kind == "Pad" or isinstance(layer, PADDINGS):
        pad = layer.pad_width[1][0] if kind == "Pad" else np.ravel(layer.padding)[0]
        return Reach(before.field, before.jump, before.start - int(pad) * before.jump)
    if isinstance(layer, (*TRANSPOSED, *UPSAMPLINGS)):
        return _enlarged(layer, before)
    if isinstance(layer, (*CONVOLUTIONS, *DEPTHWISE, *SEPARABLE)):
        kernel = (layer.kernel_size[0] - 1) * layer.dilation_rate[0] + 1
    elif isinstance(layer, POOLINGS):
        kernel = layer.pool_size[0]
    elif kind == "PaddedMaxPooling2D":  # of Darknet
        return _moved(before, layer.size, layer.stride, layer.padding // 2)
    elif len(layer.output.shape) < len(shape):  # flattened, or pooled over all places
        return None
    else:
        return before
    stride = layer.strides[0]
    pad = _same_padding(shape[1], kernel, stride) if layer.padding == "same" else 0
    return _moved(before, kernel, stride, pad)


def _moved(before: Reach, kernel: int, stride: int, pad: float) -> Reach:
    """After a kernel that goes over a picture padded by so many places before its first."""
    return Reach(
        int(before.field + (kernel - 1) * before.jump),
        before.jump * stride,
        before.start + ((kernel - 1) / 2 - pad) * before.jump,
    )


def _enlarged(layer: keras.Layer, before: Reach) -> Reach:
    """Of a layer whose output has `stride` places for each of its input's."""
    if isinstance(layer, TRANSPOSED):
        kernel, stride = layer.kernel_size[0], layer.strides[0]
    else:
        kernel = stride = np.ravel(layer.size)[0].item()
    seen = -(-kernel // stride)  # places of the input, at most
    jump = before.jump // stride if before.jump % stride == 0 else before.jump / stride
    start = before.start - (stride - 1) / 2 * jump
    return Reach(before.field + (seen - 1) * before.jump, jump, start)


def _same_padding(n: Any, kernel: int, stride: int) -> int:
    """Zeros before the first of n pixels, as TensorFlow pads: the odd one comes after the last."""
    if n is None:  # of any size: as where strides leave nothing over
        return max(kernel - stride, 0) // 2
    return max((-(-n // stride) - 1) * stride + kernel - n, 0) // 2
