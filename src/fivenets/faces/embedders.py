"""The pretrained face-embedding ResNet: dlib's face recognition network, as face-api.js ships it.

Source of the weights: Davis King's dlib_face_recognition_resnet_model_v1 (99.38% on LFW by its
author), uint8-quantised by github.com/justadudewhohacks/face-api.js (MIT, weights CC0). Trained on
some 3 million photographs of 7,485 people; 150x150 RGB in, aligned, 128 numbers out, which are not
of unit length. Its author takes a distance of 0.6 for the border between same and not the same.
"""

import json
import math
from pathlib import Path

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError

IMAGE_SIZE = 150  # pixels per side
EMBEDDING_SIZE = 128
MEAN_RGB = (122.782, 117.001, 104.298)  # of the network's training images
# What reading JSON of another form, or none at all, as a manifest comes to.
NO_MANIFEST = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError)
NO_MANIFEST += (TypeError, ValueError)
# (name, filters, whether it halves the image), in the order of the network.
BLOCKS = (
    ("conv32_1", 32, False),
    ("conv32_2", 32, False),
    ("conv32_3", 32, False),
    ("conv64_down", 64, True),
    ("conv64_1", 64, False),
    ("conv64_2", 64, False),
    ("conv64_3", 64, False),
    ("conv128_down", 128, True),
    ("conv128_1", 128, False),
    ("conv128_2", 128, False),
    ("conv256_down", 256, True),
    ("conv256_1", 256, False),
    ("conv256_2", 256, False),
    ("conv256_down_out", 256, True),
)


def convert(folder: Path | None, *, seed: int) -> keras.Model:
    """The network with the weights in `folder`; without a folder untrained, by `seed`."""
    keras.utils.set_random_seed(seed)
    network = dlib_resnet()
    if folder:
        load_quantised(network, folder)
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
    return keras.Model(image, embedding, name="dlib_resnet")


def load_quantised(network: keras.Model, folder: Path) -> None:
    """Gives `network` the weights in `folder`: one weights manifest, and the .bin files it names.

    Raises: UserError where a tensor is missing, unknown or of another shape.
    """
    tensors = read_quantised(folder)
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


def read_quantised(folder: Path) -> dict[str, np.ndarray]:
    """The tensors of a tfjs weights manifest, by name, as float32.

    A quantised value q is restored as q * scale + min, as the manifest gives them.
    Raises: UserError where the manifest is no such thing or names files elsewhere, where the files
        hold more or fewer bytes than it says, or values that are not finite.
    """
    manifest = next(folder.glob("*-weights_manifest.json"), None)
    if manifest is None:
        raise UserError(f"{folder} holds no ...-weights_manifest.json")
    tensors = {}
    try:
        for group in json.loads(manifest.read_text()):
            content = b"".join(_beside(manifest, path).read_bytes() for path in group["paths"])
            tensors |= _tensors(content, group["weights"], manifest.name)
    except NO_MANIFEST as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UserError(f"{manifest.name} is not a usable weights manifest: {reason}") from None
    return tensors


def _beside(manifest: Path, path: str) -> Path:
    """The file that the manifest names, which must stand beside it."""
    if Path(path).name != path:
        raise UserError(f"{manifest.name} names {path!r}: expected a file in its own folder")
    return manifest.with_name(path)


def _tensors(content: bytes, entries: list[dict], name: str) -> dict[str, np.ndarray]:
    """One group's tensors, which must take up `content` to the last byte."""
    tensors, start = {}, 0
    for entry in entries:
        quantised, shape = entry.get("quantization"), entry["shape"]
        stored = np.dtype(quantised["dtype"] if quantised else entry["dtype"])
        if stored.kind not in "iuf" or min(shape, default=0) < 0:
            raise UserError(f"{name}: {entry['name']!r} is {stored} of {shape}, expected numbers")
        end = start + math.prod(shape) * stored.itemsize
        if end > len(content):
            raise UserError(f"{name}: the files end within {entry['name']}")
        values = np.frombuffer(content[start:end], stored).astype(np.float64)
        if quantised:
            values = values * float(quantised["scale"]) + float(quantised["min"])
        if not (np.abs(values) <= np.finfo(np.float32).max).all():
            raise UserError(f"{name}: {entry['name']} holds values that are not finite")
        tensors[str(entry["name"])] = values.astype(np.float32).reshape(shape)
        start = end
    if start != len(content):
        raise UserError(f"{name} describes {start:,} bytes, the files hold {len(content):,}")
    return tensors


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
