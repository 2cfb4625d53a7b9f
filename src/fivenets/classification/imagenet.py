"""ImageNet's weights for ResNet-50: from the mirror, else their public host, else none."""

import logging
from pathlib import Path

import h5py
import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched
from fivenets.sources.fetching import fetch as fetch_asset

log = logging.getLogger(__name__)

WEIGHTS = ASSETS["resnet50_imagenet"]  # by He et al. 2015, in Caffe, as keras.applications has them
FILE = WEIGHTS.files[0].name


def fetch(source: str, raw_dir: Path) -> Fetched | None:
    """The folder that holds FILE, or None where training starts from scratch.

    Args: source: data.source; "real" insists on the weights, "builtin" does without them.
    Raises: UserError where `real` finds no weights, or what answers is another file.
    """
    found = fetch_asset(WEIGHTS, raw_dir, source)
    if found is None:
        log.warning("ImageNet's weights cannot be had here: training from scratch")
    return found


def load(network: keras.Model, file: Path) -> None:
    """Gives `network`, all but its logits, the weights in a file of keras.applications.

    That network reads BGR: the first kernel is turned over to read RGB.
    Raises: UserError where a layer is missing or of another shape.
    """
    with h5py.File(file) as stored:
        for layer in network.layers[:-1]:
            if not layer.weights:
                continue
            values = _values(stored, layer.name)
            shapes = [tuple(weight.shape) for weight in layer.weights]
            if [value.shape for value in values] != shapes:
                raise UserError(
                    f"{file.name}: {layer.name} of shapes {shapes} expected, "
                    f"{[value.shape for value in values]} received"
                )
            if layer.name == "conv1_conv":
                values[0] = values[0][:, :, ::-1]
            layer.set_weights(values)


def _values(stored: h5py.File, name: str) -> list[np.ndarray]:
    if name not in stored:
        raise UserError(f"{Path(stored.filename).name} has no layer {name}")
    group = stored[name]
    return [np.asarray(group[weight]) for weight in group.attrs["weight_names"]]
