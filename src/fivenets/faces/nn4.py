"""The assignment's inception network nn4.small2, and a loader for its OpenFace weights.

The network is the course's version of OpenFace's nn4.small2 (Amos et al. 2016): no local response
normalisation in the stem, and average pooling where OpenFace pools by the root of squares. The
released weights fit both, and the course loads them into this one.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from fivenets.core.errors import UserError

IMAGE_SIZE = 96  # pixels per side
EMBEDDING_SIZE = 128
BATCH_NORM_EPSILON = 1e-5
# Keras' 0.99 averages over some 100 steps: too slow for an epoch of seven.
BATCH_NORM_MOMENTUM = 0.9


def nn4_small2(is_standardised: bool = False) -> keras.Model:
    """nn4.small2: (n, 96, 96, 3) RGB in 0..255 -> embeddings (n, 128) of unit length.

    3,743,280 parameters. Inception blocks (Szegedy et al. 2015) under OpenFace's names.
    Args: is_standardised: whether each image is brought to mean 0 and deviation 1 first, so that
        light matters less. OpenFace's weights are for images in 0..1.
    """
    image = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image_rgb")
    if is_standardised:
        x = layers.GroupNormalization(
            groups=1, center=False, scale=False, dtype="float32", name="standardise"
        )(image)
    else:
        x = layers.Rescaling(1 / 255, name="to_unit_range")(image)
    x = _convolution(x, 64, 7, "conv1", "bn1", stride=2)
    x = _max_pool(x, "pool1")
    x = _convolution(x, 64, 1, "conv2", "bn2")
    x = _convolution(x, 192, 3, "conv3", "bn3")
    x = _max_pool(x, "pool2")
    x = _inception(x, "3a", narrow=(96, 16), wide=(128, 32), pool=("max", 32), single=64)
    x = _inception(x, "3b", narrow=(96, 32), wide=(128, 64), pool=("average", 64), single=64)
    x = _inception(x, "3c", narrow=(128, 32), wide=(256, 64), pool=("max", 0), stride=2)
    x = _inception(x, "4a", narrow=(96, 32), wide=(192, 64), pool=("average", 128), single=256)
    x = _inception(x, "4e", narrow=(160, 64), wide=(256, 128), pool=("max", 0), stride=2)
    x = _inception(x, "5a", narrow=(96,), wide=(384,), pool=("average", 96), single=256)
    x = _inception(x, "5b", narrow=(96,), wide=(384,), pool=("max", 96), single=256)
    x = layers.AveragePooling2D(x.shape[1], strides=1, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(EMBEDDING_SIZE, name="dense")(x)
    embedding = layers.UnitNormalization(dtype="float32", name="embedding")(x)
    return keras.Model(image, embedding, name="nn4_small2")


def load_openface_csv(network: keras.Model, folder: Path) -> None:
    """Gives `network` the OpenFace weights, one CSV per tensor, as Keras-OpenFace stores them.

    `NAME_w.csv`, `NAME_b.csv` hold a layer's kernel and bias; batch normalisations have also the
    moving mean `_m` and variance `_v`. Torch's orders are turned into Keras': kernels from (out,
    in, height, width), the dense matrix from (out, in).
    Raises: UserError where a file is missing or holds another number of values.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder} is not a folder of OpenFace weights (NAME_w.csv, NAME_b.csv, ..)"
        )
    for layer in network.layers:
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if isinstance(layer, layers.BatchNormalization):
            parts = zip("wbmv", shapes, strict=True)
            layer.set_weights([_read_csv(folder, layer.name, *part) for part in parts])
        elif isinstance(layer, layers.Conv2D):
            height, width, inner, outer = shapes[0]
            kernel = _read_csv(folder, layer.name, "w", (outer, inner, height, width))
            bias = _read_csv(folder, layer.name, "b", shapes[1])
            layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])
        elif isinstance(layer, layers.Dense):
            kernel = _read_csv(folder, layer.name, "w", shapes[0][::-1])
            layer.set_weights([kernel.T, _read_csv(folder, layer.name, "b", shapes[1])])


def _read_csv(folder: Path, name: str, part: str, shape: tuple[int, ...]) -> np.ndarray:
    file, expected = folder / f"{name}_{part}.csv", int(np.prod(shape))
    if not file.is_file():
        raise UserError(f"{folder} has no {file.name}: expected {expected:,} numbers in it")
    try:
        values = np.fromstring(file.read_text().replace("\n", ","), np.float32, sep=",")
    except (ValueError, DeprecationWarning):
        raise UserError(f"{file} holds something else than numbers between commas") from None
    if values.size != expected:
        raise UserError(
            f"{file.name}: {expected:,} numbers expected, the file holds {values.size:,}"
        )
    return values.reshape(shape)


def _inception(
    x: keras.KerasTensor,
    name: str,
    narrow: tuple[int, ...],
    wide: tuple[int, ...],
    pool: tuple[str, int],
    single: int = 0,
    stride: int = 1,
) -> keras.KerasTensor:
    """One inception block; its branches' channels are joined in OpenFace's order.

    Args: narrow, wide: filters of the 1x1 and then of the 3x3 and 5x5 convolutions.
        pool: its kind, and the filters after it; 0 leaves the channels as they are.
        single: filters of the branch of one 1x1 convolution; 0 leaves it out.
    """
    branches = []
    for kernel, before, after in zip((3, 5), narrow, wide, strict=False):
        branch = f"inception_{name}_{kernel}x{kernel}"
        y = _convolution(x, before, 1, f"{branch}_conv1", f"{branch}_bn1")
        y = _convolution(y, after, kernel, f"{branch}_conv2", f"{branch}_bn2", stride=stride)
        branches.append(y)
    branches.append(_pooled(x, f"inception_{name}_pool", *pool, size=branches[0].shape[1]))
    if single:
        branch = f"inception_{name}_1x1"
        branches.append(_convolution(x, single, 1, f"{branch}_conv", f"{branch}_bn"))
    return layers.Concatenate(name=f"inception_{name}")(branches)


def _pooled(
    x: keras.KerasTensor, name: str, kind: str, filters: int, size: int
) -> keras.KerasTensor:
    """Pools 3x3 without overlap (average) or at stride 2 (max), then pads to (size, size)."""
    if kind == "max":
        y = layers.MaxPooling2D(3, strides=2, name=name)(x)
    else:
        y = layers.AveragePooling2D(3, strides=3, name=name)(x)
    if filters:
        y = _convolution(y, filters, 1, f"{name}_conv", f"{name}_bn")
    before, after = (size - y.shape[1]) // 2, -(-(size - y.shape[1]) // 2)
    return layers.ZeroPadding2D(((before, after), (before, after)), name=f"{name}_pad")(y)


def _max_pool(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name=name)(x)


def _convolution(
    x: keras.KerasTensor, filters: int, kernel: int, name: str, norm_name: str, stride: int = 1
) -> keras.KerasTensor:
    # Torch pads both sides alike; Keras' "same" pads a strided convolution at the end only.
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(filters, kernel, strides=stride, name=name)(x)
    x = layers.BatchNormalization(
        momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON, name=norm_name
    )(x)
    return layers.ReLU(name=f"{norm_name}_relu")(x)
