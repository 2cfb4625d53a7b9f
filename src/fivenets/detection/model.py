"""A parsed cfg and its numbers -> a Keras model, and the numbers back out of it."""

from collections.abc import Sequence

import keras
import numpy as np

from fivenets.detection.darknet import Layer, Network
from fivenets.detection.layers import (
    ChannelGroup,
    DarknetBatchNormalization,
    PaddedMaxPooling2D,
    Reorg,
    UnlikeAdd,
)
from fivenets.detection.shapes import activation_of, padding_of, pooling_of, steps_of
from fivenets.detection.weights import Convolution, convolutions, is_normalised, kernel_shape

SLOPES = {"leaky": 0.1, "relie": 0.01}  # below 0; Darknet, src/activations.h
KERAS_ACTIVATIONS = {"relu": "relu", "logistic": "sigmoid", "tanh": "tanh", "elu": "elu"}
KERAS_ACTIVATIONS |= {"relu6": "relu6", "swish": "silu", "mish": "mish"}


def build(
    network: Network, *, folded: bool = False, dtype: str = "float32", any_size: bool = False
) -> keras.Model:
    """The network from (n, h, w, 3) float32 RGB in 0..1 to what Darknet gives to [region].

    That is (n, h / 32, w / 32, anchors * (5 + classes)) before any activation; of a network with
    several [yolo], a list with one such output for each scale; of a classifier, its last layer's.
    Layers carry the names that the course's table gives them: conv2d_1, batch_normalization_1, ...

    Args: folded: without batch normalisation, for weights that went through `folded`.
        dtype: "bfloat16" is for use, with the first convolution and the last of each scale left in
            float32: of pixels and of boxes its 8 bits are too few. Input and output stay float32.
        any_size: takes pictures of other sizes than the cfg's too, as in multi-scale training.
    """
    height, width, channels = network.input_shape
    shape = (None, None, channels) if any_size else (height, width, channels)
    picture = keras.Input(shape, name="input_1")
    last = [head.inputs[0] for head in network.heads] or [len(network.layers) - 1]
    outputs, counts = [], {}
    for index, layer in enumerate(network.layers):
        inputs = [outputs[index] if index >= 0 else picture for index in layer.inputs]
        # A route from one layer is a wire without a name: those that join are counted apart.
        kind = (layer.kind, len(inputs) > 1)
        counts[kind] = counts.get(kind, 0) + 1
        is_edge = layer.kind == "convolutional" and (counts[kind] == 1 or index in last)
        own_dtype = "float32" if is_edge and dtype == "bfloat16" else dtype
        outputs.append(_apply(layer, inputs, counts[kind], folded, own_dtype))
    found = [outputs[index] for index in last]
    if dtype != "float32":
        found = [
            keras.layers.Activation("linear", dtype="float32", name=f"float32_{number}")(output)
            for number, output in enumerate(found, start=1)
        ]
    is_yolov2 = [head.kind for head in network.heads] == ["region"]
    output = found[0] if len(found) == 1 else found
    return keras.Model(picture, output, name="yolov2" if is_yolov2 else "darknet")


def load(model: keras.Model, convolutions: Sequence[Convolution]) -> None:
    """Puts Darknet's numbers into the model's layers."""
    for index, part in enumerate(convolutions, start=1):
        convolution = model.get_layer(f"conv2d_{index}")
        # (filters, channels, size, size) -> (size, size, channels, filters). Of one channel each, a
        # filter's place is (channel, multiplier), which Keras keeps apart.
        kernel = np.transpose(part.kernel, (2, 3, 1, 0)).reshape(convolution.kernel.shape)
        if part.scales is None:
            convolution.set_weights([kernel, part.biases])
        else:
            convolution.set_weights([kernel])
            model.get_layer(f"batch_normalization_{index}").set_weights(
                [part.scales, part.biases, part.means, part.variances]
            )


def convolutions_of(model: keras.Model, network: Network) -> list[Convolution]:
    """What `load` put in, bit by bit."""
    found = []
    for index, layer in enumerate(convolutions(network), start=1):
        kernel, *biases = model.get_layer(f"conv2d_{index}").get_weights()
        filters, channels, size, _ = kernel_shape(layer)
        kernel = kernel.reshape(size, size, channels, filters).transpose(3, 2, 0, 1)
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
    if layer.kind == "route":
        return _route(layer, inputs, number, dtype)
    if layer.kind == "reorg":
        stride = section.integer("stride", 1)
        return Reorg(stride, name=f"reorg_{number}", dtype=dtype)(x)
    if layer.kind == "upsample":
        stride = section.integer("stride", 2)
        return keras.layers.UpSampling2D(stride, name=f"up_sampling2d_{number}", dtype=dtype)(x)
    if layer.kind == "shortcut":
        return _shortcut(layer, inputs, f"add_{number}", dtype)
    if layer.kind == "dropout":
        rate = section.number("probability", 0.5)
        return keras.layers.Dropout(rate, name=f"dropout_{number}", dtype=dtype)(x)
    if layer.kind == "softmax":
        # Over all numbers of a picture, as Darknet does with one group.
        softmax = keras.layers.Softmax((1, 2, 3), name=f"softmax_{number}", dtype="float32")
        return softmax(x)
    return x  # a head, which is read outside of the network, and cost, of training only


def _shortcut(layer: Layer, inputs: list, name: str, dtype: str):
    if len({*layer.input_shapes}) == 1:
        total = keras.layers.Add(name=name, dtype=dtype)(inputs)
    else:
        stride, sample = steps_of(*layer.input_shapes)
        total = UnlikeAdd(stride, sample, name=name, dtype=dtype)(inputs)
    return _activation(activation_of(layer.section), total, name, dtype)


def _route(layer: Layer, inputs: list, number: int, dtype: str):
    groups, part = layer.section.integer("groups", 1), layer.section.integer("group_id", 0)
    if groups > 1:
        each = [
            ChannelGroup(groups, part, name=f"channel_group_{layer.section.line}_{at}", dtype=dtype)
            for at in range(len(inputs))
        ]
        inputs = [of_part(x) for of_part, x in zip(each, inputs, strict=True)]
    if len(inputs) == 1:
        return inputs[0]
    return keras.layers.Concatenate(name=f"concatenate_{number}", dtype=dtype)(inputs)


def _convolution(layer: Layer, x, number: int, folded: bool, dtype: str):
    section, padding = layer.section, padding_of(layer.section)
    filters, _, size, _ = kernel_shape(layer)
    stride = section.integer("stride", 1)
    is_same = stride == 1 and size == 2 * padding + 1
    if padding and not is_same:
        # Keras pads a strided convolution's end first, Darknet both sides alike.
        pad = keras.layers.ZeroPadding2D(padding, name=f"zero_padding2d_{number}", dtype=dtype)
        x = pad(x)
    normalised = is_normalised(layer)
    options = {
        "kernel_size": size,
        "strides": stride,
        "padding": "same" if is_same else "valid",
        "use_bias": folded or not normalised,
        "name": f"conv2d_{number}",
        "dtype": dtype,
    }
    groups, channels = section.integer("groups", 1), layer.input_shape[2]
    if groups == channels > 1:  # TensorFlow has its own for these, and compiles other groups by XLA
        multiplier = filters // channels
        x = keras.layers.DepthwiseConv2D(depth_multiplier=multiplier, **options)(x)
    else:
        x = keras.layers.Conv2D(filters, groups=groups, **options)(x)
    if normalised and not folded:
        name = f"batch_normalization_{number}"
        x = DarknetBatchNormalization(name=name, dtype=dtype)(x)
    return _activation(activation_of(section), x, str(number), dtype)


def _max_pooling(layer: Layer, x, number: int, dtype: str):
    section, name = layer.section, f"max_pooling2d_{number}"
    size, stride, padding = pooling_of(section)
    height, width, _ = layer.input_shape
    tiles = size == stride and height % stride == 0 and width % stride == 0
    if tiles and padding == 1:  # one pixel after the end, which no window reaches
        return keras.layers.MaxPooling2D(size, stride, name=name, dtype=dtype)(x)
    return PaddedMaxPooling2D(size, stride, padding, name=name, dtype=dtype)(x)


def _activation(activation: str, x, suffix: str, dtype: str):
    if activation == "linear":
        return x
    if activation in SLOPES:
        slope, name = SLOPES[activation], f"leaky_re_lu_{suffix}"
        return keras.layers.LeakyReLU(negative_slope=slope, name=name, dtype=dtype)(x)
    name = f"{activation}_{suffix}"
    return keras.layers.Activation(KERAS_ACTIVATIONS[activation], name=name, dtype=dtype)(x)
