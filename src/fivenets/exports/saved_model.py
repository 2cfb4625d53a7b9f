"""TensorFlow's SavedModel, for TensorFlow Serving and what else reads it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from fivenets.exports.served import INPUT, Outputs, Served

PACKAGES: tuple[str, ...] = ("keras",)
FOLDER, SIGNATURE = "saved_model", "serving_default"


def write(served: Served, folder: Path, training: Sequence[np.ndarray] | None) -> None:
    """Writes the folder saved_model/."""
    network = served.network
    # `network.export` keeps Keras' variables beside TensorFlow's: each number is there twice.
    archive = keras.export.ExportArchive()
    picture = keras.InputSpec(dtype="uint8", shape=network.input_shape, name=INPUT)
    archive.add_endpoint("serve", lambda image: network(image, training=False), [picture])
    archive.write_out(str(folder / FOLDER), verbose=False)


def opened(folder: Path) -> Callable[[np.ndarray], Outputs]:
    """What answers (n, height, width, channels) uint8."""
    model = tf.saved_model.load(str(folder / FOLDER))
    signature = model.signatures[SIGNATURE]

    def ask(picture: np.ndarray) -> Outputs:
        found = signature(**{INPUT: tf.constant(picture)})
        return {name: value.numpy() for name, value in found.items()}

    ask.model = model  # pyright: ignore[reportFunctionMemberAccess]  # owns the signature's numbers
    return ask


def kinds_of_operations(folder: Path) -> list[bool]:
    """None is int8."""
    return []
