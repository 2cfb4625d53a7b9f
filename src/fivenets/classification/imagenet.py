"""ImageNet's weights for ResNet-50: from the mirror, else their public host, else none."""

import hashlib
import logging
import os
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.sources import assets

log = logging.getLogger(__name__)

# As keras.applications names and verifies them (MIT; trained by He et al. 2015, in Caffe).
FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"  # also beside the zips of a mirror
URL = f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{FILE}"
MD5 = "4d473c1dd8becc155b73f8504c6f6626"


def fetch(source: str, raw_dir: Path) -> Path | None:
    """The file of weights, or None where training starts from scratch.

    Args: source: data.source; "real" insists on the weights, "builtin" does without them.
    Raises: UserError where `real` finds no weights, or what answers is another file.
    """
    if source == "builtin":
        return None
    file = raw_dir / FILE
    if not file.exists():
        arriving = file.with_suffix(".arriving")
        raw_dir.mkdir(parents=True, exist_ok=True)
        where = _bring(arriving)
        if where is None and source == "real":
            raise UserError(
                f"network.weights is imagenet and data.source is real, but {URL} did not answer "
                f"and no mirror holds {FILE}; bring the file, or set data.source to auto"
            )
        if where is None:
            log.warning("ImageNet's weights cannot be had here: training from scratch")
            return None
        found = hashlib.md5(arriving.read_bytes(), usedforsecurity=False).hexdigest()
        if found != MD5:
            arriving.unlink()
            raise UserError(f"{where}: MD5 {MD5} expected, {found} received")
        arriving.rename(file)
    return file


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


def _bring(target: Path) -> str | None:
    """Brings the file to `target`; answers from where, or None."""
    mirror = os.environ.get(assets.MIRROR_VARIABLE, "")
    if (Path(mirror) / FILE).is_file():
        shutil.copyfile(Path(mirror) / FILE, target)
        return str(Path(mirror) / FILE)
    return URL if assets.download(URL, target) else None
