"""GoogLeNet (Szegedy et al. 2014): inception blocks."""

import keras
from keras import layers

# Filters of a block's 1x1, of 3x3 and what goes before it, of 5x5 and what goes before it, and
# after pooling: table 1 of the paper. A pooling comes before 4a and 5a.
BLOCKS = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}


def googlenet(
    image_shape: tuple[int, int, int], num_classes: int, *, width: float = 1.0
) -> keras.Model:
    """6,998,552 parameters at 1,000 classes; with batch normalisation in place of side branches.

    Those brought gradients to the lower layers, which normalisation does since (Ioffe and Szegedy
    2015); its 4 numbers a filter are not among the parameters above.
    Args: image_shape: (height, width, 3) of images in 0..255, at least 32 pixels a side. width:
        times the filters of each layer.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range")(image)
    x = _convolution(x, 64, 7, "conv1", width, strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = _convolution(x, 64, 1, "conv2_reduce", width)
    x = _convolution(x, 192, 3, "conv2", width)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)
    for name, filters in BLOCKS.items():
        if name in ("4a", "5a"):
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{name[0]}")(x)
        x = inception(x, *filters, name=f"inception_{name}", width=width)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="googlenet")


def inception(
    x: keras.KerasTensor,
    direct: int,
    three: tuple[int, int],
    five: tuple[int, int],
    pooled: int,
    *,
    name: str,
    width: float = 1.0,
) -> keras.KerasTensor:
    """1x1, 3x3 and 5x5 convolutions and a pooling beside each other, their channels stacked.

    Before 3x3 and 5x5 a 1x1 leaves few channels: the bottleneck that saves most multiplications.
    Args: x (n, height, width, c). Returns: (n, height, width, all filters).
    """
    branches = [_convolution(x, direct, 1, f"{name}_1x1", width)]
    for size, (before, filters) in ((3, three), (5, five)):
        y = _convolution(x, before, 1, f"{name}_{size}x{size}_reduce", width)
        branches.append(_convolution(y, filters, size, f"{name}_{size}x{size}", width))
    y = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branches.append(_convolution(y, pooled, 1, f"{name}_pool_proj", width))
    return layers.Concatenate(name=name)(branches)


def _convolution(
    x: keras.KerasTensor, filters: int, size: int, name: str, width: float, strides: int = 1
) -> keras.KerasTensor:
    count = max(1, round(filters * width))
    x = layers.Conv2D(count, size, strides=strides, padding="same", name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
