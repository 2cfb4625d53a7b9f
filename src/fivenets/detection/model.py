"""A parsed cfg and its numbers -> a Keras model, and the numbers back out of it."""

from collections.abc import Sequence

import keras
import numpy as np

from fivenets.detection.darknet import Layer, Network, activation_of, padding_of
from fivenets.detection.layers import DarknetBatchNormalization, PaddedMaxPooling2D, Reorg
from fivenets.detection.weights import Convolution, convolutions, is_normalised

LEAKY_SLOPE, RELIE_SLOPE = 0.1, 0.01  # Darknet, src/activations.h
KERAS_ACTIVATIONS = {"relu": "relu", "logistic": "sigmoid", "tanh": "tanh", "elu": "elu"}


def build(
    network: Network, *, folded: bool = False, dtype: str = "float32", any_size: bool = False
) -> keras.Model:
    """The network from (n, h, w, 3) float32 RGB in 0..1 to what Darknet gives to [region].

    That is (n, h / 32, w / 32, anchors * (5 + classes)) before any activation. Layers carry the
    names that the course's table gives them: conv2d_1, batch_normalization_1, leaky_re_lu_1, ...

    Args: folded: without batch normalisation, for weights that went through `folded`.
        dtype: "bfloat16" is for use, with the first and the last convolution left in float32: of
            pixels and of boxes its 8 bits are too few. Input and output stay float32.
        any_size: takes pictures of other sizes than the cfg's too, as in multi-scale training.
    """
    height, width, channels = network.input_shape
    shape = (None, None, channels) if any_size else (height, width, channels)
    picture = keras.Input(shape, name="input_1")
    edges = {1, len(convolutions(network))} if dtype == "bfloat16" else set()
    outputs, counts = [], {}
    for layer in network.layers:
        inputs = [outputs[index] if index >= 0 else picture for index in layer.inputs]
        # A route from one layer is a wire without a name: those that join are counted apart.
        kind = (layer.kind, len(inputs))
        counts[kind] = counts.get(kind, 0) + 1
        is_edge = layer.kind == "convolutional" and counts[kind] in edges
        own_dtype = "float32" if is_edge else dtype
        outputs.append(_apply(layer, inputs, counts[kind], folded, own_dtype))
    output = outputs[-1]
    if dtype != "float32":
        output = keras.layers.Activation("linear", dtype="float32", name="float32")(output)
    return keras.Model(picture, output, name="yolov2" if network.region else "darknet")


def load(model: keras.Model, network: Network, numbers: Sequence[Convolution]) -> None:
    """Puts Darknet's numbers into the model's layers."""
    for index, part in enumerate(numbers, start=1):
        # (filters, channels, size, size) -> (size, size, channels, filters)
        kernel = np.transpose(part.kernel, (2, 3, 1, 0))
        if part.scales is None:
            model.get_layer(f"conv2d_{index}").set_weights([kernel, part.biases])
        else:
            model.get_layer(f"conv2d_{index}").set_weights([kernel])
            model.get_layer(f"batch_normalization_{index}").set_weights(
                [part.scales, part.biases, part.means, part.variances]
            )


def numbers_of(model: keras.Model, network: Network) -> list[Convolution]:
    """What `load` put in, bit by bit."""
    found = []
    for index, layer in enumerate(convolutions(network), start=1):
        kernel, *biases = model.get_layer(f"conv2d_{index}").get_weights()
        kernel = np.transpose(kernel, (3, 2, 0, 1))
        if is_normalised(layer):
            normalisation = model.get_layer(f"batch_normalization_{index}")
            scales, shifts, means, variances = normalisation.get_weights()
            found.append(Convolution(shifts, kernel, scales, means, variances))
        else:
            found.append(Convolution(biases[0], kernel))
    return found


def _apply(layer: Layer, inputs: list, number: int, folded: bool, dtype: str):
    """The layer's output; `number` counts layers of its kind and number of inputs from 1."""
    section, x = layer.section, inputs[0]
    if layer.kind == "convolutional":
        return _convolution(layer, x, number, folded, dtype)
    if layer.kind == "maxpool":
        return _max_pooling(layer, x, number, dtype)
    if layer.kind == "avgpool":
        pooling = keras.layers.GlobalAveragePooling2D
        return pooling(keepdims=True, name=f"average_pooling2d_{number}", dtype=dtype)(x)
    if layer.kind == "route" and len(inputs) > 1:
        return keras.layers.Concatenate(name=f"concatenate_{number}", dtype=dtype)(inputs)
    if layer.kind == "reorg":
        stride = section.integer("stride", 1)
        return Reorg(stride, name=f"reorg_{number}", dtype=dtype)(x)
    if layer.kind == "shortcut":
        total = keras.layers.Add(name=f"add_{number}", dtype=dtype)(inputs)
        return _activation(activation_of(section, "linear"), total, f"add_{number}", dtype)
    if layer.kind == "dropout":
        rate = section.numbers("probability") or [0.5]
        return keras.layers.Dropout(rate[0], name=f"dropout_{number}", dtype=dtype)(x)
    if layer.kind == "softmax":
        # Over all numbers of a picture, as Darknet does with one group.
        softmax = keras.layers.Softmax((1, 2, 3), name=f"softmax_{number}", dtype="float32")
        return softmax(x)
    return x  # a route with one layer, and cost, which computes in training only


def _convolution(layer: Layer, x, number: int, folded: bool, dtype: str):
    section, padding = layer.section, padding_of(layer.section)
    size, stride = section.integer("size", 1), section.integer("stride", 1)
    is_same = stride == 1 and size == 2 * padding + 1
    if padding and not is_same:
        # Keras pads a strided convolution's end first, Darknet both sides alike.
        pad = keras.layers.ZeroPadding2D(padding, name=f"zero_padding2d_{number}", dtype=dtype)
        x = pad(x)
    normalised = is_normalised(layer)
    x = keras.layers.Conv2D(
        section.integer("filters", 1),
        size,
        strides=stride,
        padding="same" if is_same else "valid",
        groups=section.integer("groups", 1),
        use_bias=folded or not normalised,
        name=f"conv2d_{number}",
        dtype=dtype,
    )(x)
    if normalised and not folded:
        name = f"batch_normalization_{number}"
        x = DarknetBatchNormalization(name=name, dtype=dtype)(x)
    return _activation(activation_of(section, "logistic"), x, str(number), dtype)


def _max_pooling(layer: Layer, x, number: int, dtype: str):
    section, name = layer.section, f"max_pooling2d_{number}"
    stride = section.integer("stride", 1)
    size = section.integer("size", stride)
    padding = section.integer("padding", size - 1)
    height, width, _ = layer.input_shape
    tiles = size == stride and height % stride == 0 and width % stride == 0
    if tiles and padding == 1:  # one pixel after the end, which no window reaches
        return keras.layers.MaxPooling2D(size, stride, name=name, dtype=dtype)(x)
    return PaddedMaxPooling2D(size, stride, padding, name=name, dtype=dtype)(x)


def _activation(activation: str, x, suffix: str, dtype: str):
    if activation == "linear":
        return x
    if activation in ("leaky", "relie"):
        slope = LEAKY_SLOPE if activation == "leaky" else RELIE_SLOPE
        name = f"leaky_re_lu_{suffix}"
        return keras.layers.LeakyReLU(negative_slope=slope, name=name, dtype=dtype)(x)
    name = f"{activation}_{suffix}"
    return keras.layers.Activation(KERAS_ACTIVATIONS[activation], name=name, dtype=dtype)(x)
