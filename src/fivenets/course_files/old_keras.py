"""What Keras 1 and 2 wrote: a description of layers in JSON, and weights in HDF5.

Both are read as data, the latter by a child process. A description becomes names, plain settings
and who reads whom; Keras itself is not asked, which would run the code that a Lambda layer carries.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import sandbox
from fivenets.core.errors import UserError
from fivenets.core.sandbox import Child

Weights = dict[str, list[np.ndarray]]  # by layer, in Keras' order
KINDS = {"Convolution2D": "Conv2D", "Merge": "Concatenate"}  # Keras 1's names
# Older names of settings.
SETTINGS = {
    "alpha": "negative_slope",
    "nb_filter": "filters",
    "subsample": "strides",
    "border_mode": "padding",
    "bias": "use_bias",
    "output_dim": "units",
}
MOST_LAYERS = 2000
READER = "fivenets.course_files.h5_reader"


@dataclass(frozen=True)
class Layer:
    """One layer, by Keras 2's names of kinds and settings."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]


def described(text: str, name: str) -> dict[str, Layer]:
    """The layers that a description in JSON has, by name, each after those that it reads.

    The last one is the output. name: of the file, for errors.

    Raises: UserError where it is none of a network with one output and no layer twice.
    """
    try:
        network = json.loads(text)["config"]
        rows = [_layer(row) for row in network["layers"][:MOST_LAYERS]]
        (output,) = network["output_layers"]
        layers = {layer.name: layer for layer in rows}
        return _ordered(layers, str(output[0]))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise UserError(f"{name} holds no network that Keras 1 or 2 described") from None


def read(file: Path) -> tuple[str | None, Weights]:
    """The description in an HDF5 file, where there is one, and the arrays of each layer.

    Raises: UserError where the file is no HDF5 of Keras 1 or 2.
    """
    with sandbox.reading(file, READER, "holds no weights of Keras 1 or 2") as child:
        said = child.message()
        return said.get("description"), arrays_of(child, said, file.stat().st_size)


def arrays_of(child: Child, said: Mapping[str, Any], most: int) -> Weights:
    """The arrays that a reader's first message has announced, as float32."""
    found: Weights = {}
    for name, array in child.arrays(dict(said), most):
        found.setdefault(name, []).append(array.astype(np.float32))
    return found


def listed(found: Weights) -> list[str]:
    """Each array in a word."""
    return [f"{name} {one.shape}" for name in sorted(found) for one in found[name]]


def _layer(row: Mapping[str, Any]) -> Layer:
    settings = {str(SETTINGS.get(key, key)): value for key, value in row["config"].items()}
    if "nb_row" in settings:
        settings["kernel_size"] = (settings["nb_row"], settings["nb_col"])
    nodes = row["inbound_nodes"]
    if len(nodes) > 1:
        raise ValueError("a layer that is used twice")
    inputs = tuple(str(one[0]) for node in nodes for one in node)
    kind = str(row["class_name"])
    return Layer(str(row.get("name") or settings["name"]), KINDS.get(kind, kind), settings, inputs)


def _ordered(layers: Mapping[str, Layer], output: str) -> dict[str, Layer]:
    """What the output is computed from, in order. Raises: ValueError for a circle."""
    ordered: dict[str, Layer] = {}
    waiting, open_now = [output], set()
    while waiting:
        layer = layers[waiting[-1]]
        missing = [name for name in layer.inputs if name not in ordered]
        if not missing:
            ordered[waiting.pop()] = layer
            continue
        if layer.name in open_now:
            raise ValueError("layers in a circle")
        open_now.add(layer.name)
        waiting += missing
    return ordered
