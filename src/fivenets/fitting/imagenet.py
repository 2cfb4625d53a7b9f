"""ImageNet's weights by architecture: from the mirror, else their public host, else none."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.fitting import tflite_file, torch_file
from fivenets.fitting.mobilenet_v2 import EPSILON
from fivenets.sources.asset import Asset
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched
from fivenets.sources.fetching import fetch as fetch_asset

log = logging.getLogger(__name__)

LOGITS = "logits"  # the name of the last layer of each architecture
LABELS = "imagenet_labels.txt"  # beside MobileNetV2's weights


@dataclass(frozen=True)
class ImageNetWeights:
    """Trained weights of one architecture."""

    asset: Asset
    file: str  # of the asset
    load: Callable[[keras.Model, Path], None]  # from that file into all but the logits


def fetch(architecture: str, source: str, raw_dir: Path) -> Fetched | None:
    """The folder with an architecture's weights, or None where training starts from scratch.

    Args: source: data.source; "real" insists on the weights, "builtin" does without them.
    Raises: UserError where `real` finds no weights, or what answers is another file.
    """
    found = first([architecture], source, raw_dir)
    return found[1] if found else None


def first(architectures: Sequence[str], source: str, raw_dir: Path) -> tuple[str, Fetched] | None:
    """As `fetch`, of the first of these whose weights are available."""
    for place, architecture in enumerate(architectures, start=1):
        is_last = place == len(architectures)
        asked = "auto" if source == "real" and not is_last else source
        if found := fetch_asset(WEIGHTS[architecture].asset, raw_dir, asked):
            return architecture, replace(found, origin=replace(found.origin, is_general=True))
    log.warning("ImageNet's weights are unavailable here: training from scratch")
    return None


def load(network: keras.Model, architecture: str, folder: Path) -> None:
    """Gives `network`, all but its logits, the weights in a folder that `fetch` has found.

    Raises: UserError where a layer is missing or of another shape.
    """
    weights = WEIGHTS[architecture]
    weights.load(network, folder / weights.file)


def load_resnet50(network: keras.Model, file: Path) -> None:
    """Those of He et al. 2015, in Caffe, as keras.applications has them.

    That network reads BGR: the first kernel is turned over to read RGB.
    """
    with h5py.File(file) as stored:
        for layer in _all_but_logits(network):
            values = _values(stored, layer.name)
            _check(layer, values, file)
            if layer.name == "conv1_conv":
                values[0] = values[0][:, :, ::-1]
            layer.set_weights(values)


def load_mobilenet_v2(network: keras.Model, file: Path) -> None:
    """Those of a TFLite file, whose normalisations are folded into the convolutions."""
    *found, _ = tflite_file.convolutions(file)  # the last are the logits
    _load_in_order(network, found, file)


def load_efficientnet_lite0(network: keras.Model, file: Path) -> None:
    """Those of TensorFlow's own training, in a file of PyTorch's.

    There each convolution is followed by its normalisation, which is folded into it here.
    """
    given = torch_file.arrays(file)
    found, values = [], iter(given.items())
    for name, kernel in values:
        if kernel.ndim == 4:
            scale, offset, mean, variance = (next(values)[1] for _ in range(4))
            factor = scale / np.sqrt(variance + EPSILON)
            is_depthwise = "depthwise" in name  # (channels, 1, height, width)
            folded = kernel * factor[:, None, None, None]
            axes = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
            found.append((folded.transpose(axes), offset - mean * factor))
    _load_in_order(network, found, file)


def _load_in_order(
    network: keras.Model, found: Sequence[tuple[np.ndarray, np.ndarray]], file: Path
) -> None:
    ours = _all_but_logits(network)
    if len(ours) != len(found):
        raise UserError(
            f"{file.name}: {len(ours)} convolutions with folded normalisations expected, "
            f"{len(found)} received"
        )
    for layer, values in zip(ours, found, strict=True):
        _check(layer, values, file)
        layer.set_weights(values)


def load_logits(network: keras.Model, folder: Path) -> list[str]:
    """Gives a MobileNetV2 of 1,000 classes the logits of ImageNet as well; returns the labels.

    The file's first class, background, is left out, as nothing was trained to be it.
    """
    kernel, bias = tflite_file.convolutions(folder / WEIGHTS["mobilenet_v2"].file)[-1]
    network.get_layer(LOGITS).set_weights([kernel[0, 0, :, 1:], bias[1:]])
    lines = (folder / LABELS).read_text().splitlines()
    return [line.split(maxsplit=1)[1] for line in lines][1:]  # each after its number


def _all_but_logits(network: keras.Model) -> list[keras.Layer]:
    """Of the layers that have weights."""
    return [layer for layer in network.layers if layer.weights and layer.name != LOGITS]


def _values(stored: h5py.File, name: str) -> list[np.ndarray]:
    if name not in stored:
        raise UserError(f"{Path(stored.filename).name} has no layer {name}")
    group = stored[name]
    return [np.asarray(group[weight]) for weight in group.attrs["weight_names"]]


def _check(
    layer: keras.Layer, values: list[np.ndarray] | tuple[np.ndarray, ...], file: Path
) -> None:
    shapes = [tuple(weight.shape) for weight in layer.weights]
    if [value.shape for value in values] != shapes:
        raise UserError(
            f"{file.name}: {layer.name} of shapes {shapes} expected, "
            f"{[value.shape for value in values]} received"
        )


WEIGHTS = {
    "resnet50": ImageNetWeights(
        ASSETS["resnet50_imagenet"], ASSETS["resnet50_imagenet"].files[0].name, load_resnet50
    ),
    "mobilenet_v2": ImageNetWeights(
        ASSETS["mobilenet_v2"], "tf2_mobilenet_v2_1.0_224_ptq.tflite", load_mobilenet_v2
    ),
    "efficientnet_lite0": ImageNetWeights(
        ASSETS["efficientnet_lite0"],
        ASSETS["efficientnet_lite0"].files[0].name,
        load_efficientnet_lite0,
    ),
}
