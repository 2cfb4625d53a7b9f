"""The present course's transfer-learning network, MobileNetV2, and a descendant of it.

Both are inverted residual blocks of depthwise convolutions, between a stem and a last convolution.
"""

from collections.abc import Sequence

import keras
from keras import layers

Stage = tuple[int, int, int, int, int]
# (expansion, kernel, filters, blocks, stride of the first block): table 2 of Sandler et al. 2018.
MOBILENET_V2 = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 3, 32, 3, 2),
    (6, 3, 64, 4, 2),
    (6, 3, 96, 3, 1),
    (6, 3, 160, 3, 2),
    (6, 3, 320, 1, 1),
)
# Table 1 of Tan and Le 2019; its lite variant has neither squeeze-and-excitation nor swish.
EFFICIENTNET_LITE0 = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)
STEM, LAST = 32, 1280  # filters of the first convolution and of the last
EPSILON, MOMENTUM = 1e-3, 0.9  # of batch normalisation: as in keras.applications, and as elsewhere


def mobilenet_v2(
    image_shape: tuple[int | None, int | None, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    weights: str = "none",
) -> keras.Model:
    """Sandler et al. 2018: 2,257,984 parameters before the logits.

    Args:
        image_shape: (height, width, 3) of images in 0..255, at least 32 pixels a side; None: any.
        alpha: times the filters of each layer, rounded to multiples of 8.
        weights: "imagenet" builds the variant that ImageNet's weights are for: each normalisation
            is folded into the convolution before it, which has a bias in its place. Loading them
            is `imagenet.load`'s.
    Returns: a model from (n, *image_shape) to logits (n, num_classes). Layers are called as in
        keras.applications: block_13_expand, block_13_depthwise, block_13_project, block_14_add.
    """
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range")(image)
    x = _features(x, MOBILENET_V2, weights == "imagenet", alpha)
    return keras.Model(image, _logits(x, num_classes), name="mobilenet_v2")


def efficientnet_lite0(
    image_shape: tuple[int | None, int | None, int], num_classes: int, *, weights: str = "none"
) -> keras.Model:
    """Without what telephones are slow at: 3,413,024 parameters before the logits.

    Args, Returns: as of `mobilenet_v2`, with layers that are called as there.
    """
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="to_unit_range")(image)
    x = _features(x, EFFICIENTNET_LITE0, weights == "imagenet")
    return keras.Model(image, _logits(x, num_classes), name="efficientnet_lite0")


def _features(
    x: keras.KerasTensor, stages: Sequence[Stage], is_folded: bool, alpha: float = 1.0
) -> keras.KerasTensor:
    x = _convolution(x, _rounded(STEM * alpha), "Conv1", is_folded, size=3, stride=2)
    index = 0
    for expansion, size, filters, blocks, first_stride in stages:
        for block in range(blocks):
            name = f"block_{index}" if index else "expanded_conv"
            stride = 1 if block else first_stride
            x = _block(x, expansion, size, _rounded(filters * alpha), stride, name, is_folded)
            index += 1
    return _convolution(x, _rounded(LAST * max(alpha, 1.0)), "Conv_1", is_folded)


def _logits(features: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    x = layers.GlobalAveragePooling2D(name="pool")(features)
    return layers.Dense(num_classes, dtype="float32", name="logits")(x)


def _block(
    x: keras.KerasTensor,
    expansion: int,
    size: int,
    filters: int,
    stride: int,
    name: str,
    is_folded: bool,
) -> keras.KerasTensor:
    """Widened by 1x1, filtered channel by channel, narrowed by 1x1 without an activation."""
    y, channels = x, x.shape[-1]
    if expansion > 1:
        y = _convolution(y, expansion * channels, f"{name}_expand", is_folded)
    depthwise = layers.DepthwiseConv2D(
        size, strides=stride, padding="same", use_bias=is_folded, name=f"{name}_depthwise"
    )
    y = _activated(depthwise(y), f"{name}_depthwise", is_folded)
    y = _convolution(y, filters, f"{name}_project", is_folded, is_linear=True)
    if stride == 1 and channels == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def _convolution(
    x: keras.KerasTensor,
    filters: int,
    name: str,
    is_folded: bool,
    *,
    size: int = 1,
    stride: int = 1,
    is_linear: bool = False,
) -> keras.KerasTensor:
    convolution = layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=is_folded, name=name
    )
    return _activated(convolution(x), name, is_folded, is_linear)


def _activated(
    x: keras.KerasTensor, name: str, is_folded: bool, is_linear: bool = False
) -> keras.KerasTensor:
    if not is_folded:
        x = layers.BatchNormalization(epsilon=EPSILON, momentum=MOMENTUM, name=f"{name}_BN")(x)
    return x if is_linear else layers.ReLU(6.0, name=f"{name}_relu")(x)


def _rounded(filters: float) -> int:
    """The nearest multiple of 8, at least 8, and at most a tenth below `filters`."""
    near = max(8, int(filters + 4) // 8 * 8)
    return near + 8 if near < 0.9 * filters else near
