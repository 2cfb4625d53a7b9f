"""Sliding windows: a classifier asked about every window of a picture by one convolution."""

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError


def as_convolutions(network: keras.Model) -> keras.Model:
    """A classifier of one window as a model of pictures of any size (Sermanet et al. 2013).

    Its first dense layer becomes a convolution as large as what it saw, the others 1x1; windows
    that overlap share what they have in common. They step by the product of all strides.
    Args: network: layers in a row, (n, side, side, channels) -> (n, k), flattened once.
    Returns: a model from (n, height, width, channels) to (n, rows, columns, k) with these weights.
    Raises: UserError where a layer cannot be turned.
    """
    image = x = keras.Input((None, None, network.input_shape[-1]))
    flat: tuple[int, ...] | None = None  # what was flattened, and not yet covered by a kernel
    for layer in network.layers:
        if isinstance(layer, layers.InputLayer):
            continue
        if isinstance(layer, layers.Flatten):
            flat = layer.input.shape[1:]
        elif isinstance(layer, layers.Dense):
            sides = flat[:2] if flat else (1, 1)
            channels = flat[2] if flat else layer.input.shape[-1]
            kernel, *bias = layer.get_weights()
            convolution = layers.Conv2D(
                layer.units, sides, activation=layer.activation, use_bias=bool(bias)
            )
            x = convolution(x)
            convolution.set_weights([np.reshape(kernel, (*sides, channels, -1)), *bias])
            flat = None
        elif isinstance(layer, (layers.Conv2D, layers.MaxPooling2D, layers.AveragePooling2D)):
            if layer.padding != "valid":
                raise UserError(f"{layer.name} pads windows, which a larger picture does not have")
            x = layer(x)
        elif isinstance(layer, (layers.Rescaling, layers.Activation, layers.ReLU, layers.Dropout)):
            x = layer(x)
        else:
            raise UserError(f"{layer.name} ({type(layer).__name__}) cannot be turned")
    return keras.Model(image, x, name=f"{network.name}_windows")
