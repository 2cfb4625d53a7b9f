"""SqueezeNet's features, by which pictures are judged that VGG's features have made.

Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016: version 1.0,
trained on ImageNet.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

log = logging.getLogger(__name__)

WEIGHTS_FILE = "squeezenet.npz"  # in the asset
CHANNEL_MEANS_RGB = (123.0, 117.0, 104.0)  # in 0..255, as Caffe subtracted them
SQUEEZED = (16, 16, 32, 32, 48, 48, 64, 64)  # filters between two modules, fire2 to fire9
POOLED_BEFORE = ("fire2", "fire5", "fire9")
STYLE_LAYERS = ("conv1", "fire2", "fire4", "fire6", "fire8")  # a position is 2, 4, 4, 8, 8 pixels
CONTENT_LAYER = "fire9"  # 16 pixels


def network(source: str, raw_dir: Path) -> keras.Model | None:
    """The trained network; None where no source has its weights, as it is needed for nothing else.

    Args: source: data.source. Raises: UserError where a source answers with something else.
    """
    found = fetch(ASSETS["squeezenet"], raw_dir, "builtin" if source == "builtin" else "auto")
    if found is None:
        log.warning("SqueezeNet is unavailable here: pictures are not judged by its features")
        return None
    trained = squeezenet()
    with np.load(found.folder / WEIGHTS_FILE) as weights:
        load_weights(trained, weights)
    return trained


def squeezenet() -> keras.Model:
    """Untrained: (n, height, width, 3) in 0..1, RGB -> features by name: conv1, fire2 to fire9."""
    inputs = keras.Input((None, None, 3), name="image_rgb")
    x = layers.Rescaling(255.0, [-mean for mean in CHANNEL_MEANS_RGB])(inputs)
    x = layers.Conv2D(96, 7, 2, activation="relu", name="conv1")(x)
    features = {"conv1": x}
    for module, squeezed in enumerate(SQUEEZED, 2):
        name = f"fire{module}"
        if name in POOLED_BEFORE:
            x = layers.MaxPooling2D(3, 2)(x)
        x = layers.Conv2D(squeezed, 1, activation="relu", name=f"{name}.conv1x1_1")(x)
        wide = [
            layers.Conv2D(4 * squeezed, size, padding="same", activation="relu", name=each)(x)
            for size, each in ((1, f"{name}.conv1x1_2"), (3, f"{name}.conv3x3_2"))
        ]
        x = features[name] = layers.Concatenate(name=name)(wide)
    return keras.Model(inputs, features, name="squeezenet")


def load_weights(network: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    """Sets all convolutions by `<layer>/kernel` (height, width, in, out), BGR first, and `/bias`.

    Raises: UserError where one is missing or does not fit.
    """
    for layer in network.layers:
        if not isinstance(layer, layers.Conv2D):
            continue
        key, expected = layer.name.replace(".", "/"), tuple(layer.kernel.shape)
        kernel, bias = weights.get(f"{key}/kernel"), weights.get(f"{key}/bias")
        if kernel is None or bias is None or kernel.shape != expected:
            found = "nothing" if kernel is None else kernel.shape
            raise UserError(f"SqueezeNet's {key} should be {expected}, received {found}")
        layer.set_weights([kernel[:, :, ::-1] if key == "conv1" else kernel, bias])
