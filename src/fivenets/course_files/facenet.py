"""The `keras-facenet-h5` of the course's faces assignment: model.json and model.h5.

Inception-ResNet v1 (github.com/nyoki-mtl/keras-facenet, weights of David Sandberg's FaceNet), whose
Lambda layers multiply by a number that stands beside their code. The course gives it faces in 0..1
and divides its answers by their length; both are part of the network here.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError
from fivenets.course_files import old_keras
from fivenets.course_files.old_keras import Layer, Weights

# What of a layer's settings is given to Keras' layer of the same name.
KNOWN = {
    "Activation": ("activation",),
    "Add": (),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "Concatenate": ("axis",),
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "use_bias", "activation"),
    "Dense": ("units", "use_bias", "activation"),
    "Dropout": ("rate",),
    "Flatten": (),
    "GlobalAveragePooling2D": (),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "ZeroPadding2D": ("padding",),
}
ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", None)


def read(description_file: Path, weights_file: Path) -> tuple[keras.Model, list[str]]:
    """(n, size, size, 3) RGB in 0..255 -> embeddings of length 1; and tensors without a place.

    Raises: UserError where the files are none of these, a layer is unknown, or its weights are
        missing or of another shape.
    """
    try:
        text = description_file.read_text()
    except (OSError, ValueError):
        raise UserError(f"{description_file} cannot be read as text") from None
    described = list(old_keras.described(text, str(description_file)).values())
    _, found = old_keras.read(weights_file)
    network = _built(described, str(description_file))
    return network, _filled(network, found, str(weights_file))


def _built(described: list[Layer], file: str) -> keras.Model:
    tensors: dict[str, keras.KerasTensor] = {}
    first = None
    for layer in described:
        inputs = [tensors[name] for name in layer.inputs]
        try:
            if layer.kind == "InputLayer" and first is None:
                shape = layer.settings["batch_input_shape"][1:]
                first = keras.Input(tuple(shape), name="image_rgb")
                tensors[layer.name] = layers.Rescaling(1 / 255, name="to_unit_range")(first)
            elif layer.kind == "Lambda":
                tensors[layer.name] = _scaled(layer, inputs)
            else:
                settings = _settings(layer)  # of a known kind
                made = getattr(layers, layer.kind)(name=layer.name, **settings)
                tensors[layer.name] = made(inputs if len(inputs) > 1 else inputs[0])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            why = str(error).strip().partition("\n")[0]
            raise UserError(f"{file}: layer {layer.name} ({layer.kind}): {why}") from None
    last = tensors[described[-1].name]
    if first is None or len(first.shape) != 4 or len(last.shape) != 2:
        raise UserError(f"{file} is no network from a picture to one row of numbers")
    unit = layers.UnitNormalization(name="embedding")(last)
    try:
        return keras.Model(first, unit, name="inception_resnet_v1")
    except ValueError as error:  # two layers of one name
        raise UserError(f"{file}: {error}") from None


def _settings(layer: Layer) -> dict:
    if layer.kind not in KNOWN:
        raise ValueError(f"none of {', '.join(KNOWN)}")
    given = {key: layer.settings[key] for key in KNOWN[layer.kind] if key in layer.settings}
    if given.get("activation") not in ACTIVATIONS:
        raise ValueError("its activation is not one of linear, relu, sigmoid, tanh")
    if isinstance(given.get("axis"), list):  # as TensorFlow's Keras writes it
        (given["axis"],) = given["axis"]
    return {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}


def _scaled(layer: Layer, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
    """What a Lambda layer says beside its code: x * scale, or x + y * scale of two inputs."""
    arguments = layer.settings.get("arguments") or {}
    if set(arguments) != {"scale"} or not isinstance(arguments["scale"], int | float):
        raise ValueError("code that is not run; expected one with the argument scale alone")
    scaled = layers.Rescaling(arguments["scale"], name=layer.name)(inputs[-1])
    return scaled if len(inputs) == 1 else layers.Add()([inputs[0], scaled])


def _filled(network: keras.Model, found: Weights, file: str) -> list[str]:
    """Gives each layer its weights; returns the tensors that have no place."""
    for layer in network.layers:
        if not layer.weights:
            continue
        arrays, shapes = found.get(layer.name, []), [tuple(one.shape) for one in layer.weights]
        if [one.shape for one in arrays] != shapes:
            received = ", ".join(map(str, (one.shape for one in arrays))) or "nothing"
            raise UserError(f"{file}: {layer.name} should have {shapes}, received {received}")
        if not all(np.isfinite(one).all() for one in arrays):
            raise UserError(f"{file}: {layer.name} holds values that are not finite")
        layer.set_weights(arrays)
    known = {layer.name for layer in network.layers}
    return old_keras.listed({name: found[name] for name in found if name not in known})
