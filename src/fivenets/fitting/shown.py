"""Pictures of what a network has become after some of its epochs, as MLflow's slider shows them.

They change nothing in it: no weights, no global random numbers, and nothing is compiled.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

MOST = 5  # epochs of a training
TILE, GAP, ACROSS = 48, 2, 16  # pixels of a filter and between filters; filters in a row
Show = Callable[[np.ndarray, str, int], None]  # as `Log.log_image`: picture, its name, epoch


class Asked:
    """A network in training, asked as `inference.outputs` asks one."""

    compiled = True

    def __init__(self, network: keras.Model):
        self.network, self.name = network, network.name

    def predict_on_batch(self, inputs: np.ndarray) -> Any:
        found = self.network(inputs.astype(np.float32), training=False)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, found)


class Shown(keras.callbacks.Callback):
    """Draws a network after at most MOST epochs, the first and the last among them."""

    def __init__(
        self,
        show: Show | None,
        network: keras.Model,
        draw: Callable[[Asked], Mapping[str, np.ndarray]],
        epochs: int,
        first: int = 0,
    ):
        """Args: show: None shows nothing. draw: -> pictures (height, width, 3) uint8 by name.
        epochs: of the whole training; first: of them, that of this fit."""
        super().__init__()
        self.show, self.network, self.draw, self.first = show, network, draw, first
        self.epochs = set(np.linspace(0, epochs - 1, min(MOST, epochs)).astype(int).tolist())

    def on_epoch_end(self, epoch, logs=None):
        at = self.first + epoch
        is_sound = math.isfinite((logs or {}).get("loss", 0.0))  # else the training ends here
        if self.show is None or at not in self.epochs or not is_sound:
            return
        for name, picture in self.draw(Asked(self.network)).items():
            self.show(picture, name, at)


def filters(asked: Asked) -> dict[str, np.ndarray]:
    """The first layer's filters as colours, grey where they are 0; none where it is not trained, or
    not of colours."""
    layers = [
        one for one in asked.network._flatten_layers() if isinstance(one, keras.layers.Conv2D)
    ]
    kernel = keras.ops.convert_to_numpy(layers[0].kernel) if layers else np.zeros((1, 1, 1, 1))
    if kernel.shape[2] != 3 or kernel.shape[0] == 1 or not layers[0].trainable:
        return {}
    largest = np.abs(kernel).max(axis=(0, 1, 2), keepdims=True)
    colours = (127.5 + 127.5 * kernel / np.maximum(largest, 1e-9)).astype(np.uint8)
    zoom, count = max(1, TILE // kernel.shape[0]), kernel.shape[3]
    side, rows = zoom * kernel.shape[0] + GAP, -(-count // ACROSS)
    sheet = np.full((rows * side, min(count, ACROSS) * side, 3), 255, np.uint8)
    for index in range(count):
        top, left = index // ACROSS * side, index % ACROSS * side
        tile = colours[..., index].repeat(zoom, 0).repeat(zoom, 1)
        sheet[top : top + side - GAP, left : left + side - GAP] = tile
    return {"first layer": sheet}
