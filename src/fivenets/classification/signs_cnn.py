"""The course's first convolutional network, and a compact one of today."""

from collections.abc import Sequence

import keras
from keras import layers

# The default of 0.99 averages over some 100 steps; at 27 steps an epoch the statistics used in
# evaluation would lag several epochs behind the weights.
BATCH_NORM_MOMENTUM = 0.9
SMALLEST_MAP = 2  # places a side, which are not pooled further


def assignment_cnn(image_shape: tuple[int, int, int], num_classes: int) -> keras.Model:
    """The network of the course's first assignment: 1,310 parameters at 64x64x3, 6 classes.

    Args: image_shape: (height, width, channels) of images in 0..255.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    return keras.Sequential(
        [
            keras.Input(image_shape, name="image_rgb"),
            layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range"),
            layers.Conv2D(8, 4, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(8, padding="same", name="pool1"),
            layers.Conv2D(16, 2, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(4, padding="same", name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(num_classes, dtype="float32", name="logits"),
        ],
        name="assignment_cnn",
    )


def compact_cnn(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    stem: int = 16,
    widths: Sequence[int] = (32, 64, 96, 112),
    separable: bool = True,
) -> keras.Model:
    """A strided convolution, then one convolution per width, each but the smallest map pooled.

    Instance normalisation of the image (Ulyanov et al. 2016), batch normalisation, global average
    pooling (Lin et al. 2013). Separable convolutions (Chollet 2017) make it 23,718 parameters at 6
    classes; full ones take no longer on a CPU and know more hands.

    Args: image_shape: (height, width, channels) of images in 0..255. stem: filters of the first
        convolution. widths: of the others.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    image = keras.Input(image_shape, name="image_rgb")
    # Each image's channels at zero mean and unit variance: a dimmer or warmer lamp, which scales
    # the channels, then changes nothing.
    x = layers.GroupNormalization(groups=-1, center=False, scale=False, name="to_own_light")(image)
    x = layers.Conv2D(stem, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(x)
    x = _normalised_relu(x, "stem")
    convolution = layers.SeparableConv2D if separable else layers.Conv2D
    for index, width in enumerate(widths, start=1):
        name = f"block{index}"
        x = convolution(width, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
        x = _normalised_relu(x, name)
        if min(x.shape[1:3]) > SMALLEST_MAP:
            x = layers.MaxPooling2D(name=f"{name}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="compact_cnn")


def _normalised_relu(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
