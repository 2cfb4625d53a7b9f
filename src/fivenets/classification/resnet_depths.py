"""ResNets of 18 to 152 layers as published (He et al. 2015, table 1); the course's is `resnet`."""

import keras
from keras import layers

BLOCKS = {  # of the four stages
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
BOTTLENECKS = 50  # layers from which blocks are of 1x1, 3x3 and 1x1, with 4 times the filters
EXPANSION = 4


def resnet(
    image_shape: tuple[int, int, int], num_classes: int, *, depth: int, width: int = 64
) -> keras.Model:
    """11,689,512 parameters at a depth of 18 and 60,192,808 at 152, with 1,000 classes.

    Args: image_shape: (height, width, 3) of images in 0..255, at least 32 pixels a side. depth:
        18, 34, 50, 101 or 152 layers with weights. width: filters of the first stage.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range")(image)
    x = layers.ReLU(name="conv1_relu")(_convolution(x, width, 7, 2, "conv1"))
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    is_deep = depth >= BOTTLENECKS
    for stage, blocks in enumerate(BLOCKS[depth]):
        for index in range(blocks):
            stride = 2 if stage and not index else 1
            x = _block(x, width * 2**stage, stride, f"conv{stage + 2}_block{index + 1}", is_deep)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name=f"resnet{depth}")


def _block(
    x: keras.KerasTensor, filters: int, stride: int, name: str, is_deep: bool
) -> keras.KerasTensor:
    """relu(x + F(x)); where the shape changes, the shortcut is a strided 1x1 convolution."""
    sizes = (1, 3, 1) if is_deep else (3, 3)
    strides = (1, stride, 1) if is_deep else (stride, 1)
    widths = (filters, filters, EXPANSION * filters) if is_deep else (filters, filters)
    y, last = x, len(sizes)
    for index, settings in enumerate(zip(widths, sizes, strides, strict=True), start=1):
        y = _convolution(y, *settings, f"{name}_{index}")
        if index < last:
            y = layers.ReLU(name=f"{name}_{index}_relu")(y)
    if y.shape != x.shape:
        x = _convolution(x, widths[-1], 1, stride, f"{name}_0")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _convolution(
    x: keras.KerasTensor, filters: int, size: int, stride: int, name: str
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
