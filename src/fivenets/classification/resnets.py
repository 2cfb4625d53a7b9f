"""ResNets of any depth: 18 to 152 layers as published, and thin ones that tell what depth costs.

The course's own is `resnet`.
"""

from collections.abc import Callable, Sequence

import keras
from keras import layers

BLOCKS = {  # of the four stages (He et al. 2015, table 1)
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
    is_deep = depth >= BOTTLENECKS

    def stem(x: keras.KerasTensor) -> keras.KerasTensor:
        x = layers.ReLU(name="conv1_relu")(_convolution(x, width, 7, 2, "conv1"))
        return layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)

    def block(x: keras.KerasTensor, stage: int, index: int, stride: int) -> keras.KerasTensor:
        return _block(x, width * 2**stage, stride, f"conv{stage + 2}_block{index + 1}", is_deep)

    return _model(f"resnet{depth}", image_shape, num_classes, stem, BLOCKS[depth], block)


def thin_resnet(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: int,
    width: int = 8,
    residual: bool = True,
) -> keras.Model:
    """Of the course's figure of training error against depth (He et al. 2015, 4.2).

    Three stages of pairs of 3x3 convolutions; each halves the image and doubles the width.

    Args:
        depth: layers with weights, 6n + 2: a first convolution, 2n in each stage, the logits.
        width: filters of the first stage.
        residual: false leaves out the shortcuts, which have no parameters: where the shape
            changes they are pooled, and the new channels of them are 0.
    Returns: a model from (n, *image_shape) in 0..255 to logits (n, num_classes).
    """

    def stem(x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.ReLU(name="first_relu")(_convolution(x, width, 3, 2, "first"))

    def block(x: keras.KerasTensor, stage: int, index: int, stride: int) -> keras.KerasTensor:
        name = f"stage{stage + 1}_block{index + 1}"
        return _thin_block(x, width * 2**stage, stride, name, residual)

    blocks, kind = [(depth - 2) // 6] * 3, "residual" if residual else "plain"
    return _model(f"{kind}{depth}", image_shape, num_classes, stem, blocks, block)


def _model(
    name: str,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem: Callable[[keras.KerasTensor], keras.KerasTensor],
    blocks: Sequence[int],
    block: Callable[[keras.KerasTensor, int, int, int], keras.KerasTensor],
) -> keras.Model:
    """Args: blocks: of each stage. block: of (x, stage, index in it, stride)."""
    image = keras.Input(image_shape, name="image_rgb")
    x = stem(layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range")(image))
    for stage, count in enumerate(blocks):
        for index in range(count):
            x = block(x, stage, index, 2 if stage and not index else 1)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name=name)


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


def _thin_block(
    x: keras.KerasTensor, filters: int, stride: int, name: str, residual: bool
) -> keras.KerasTensor:
    y = layers.ReLU(name=f"{name}_1_relu")(_convolution(x, filters, 3, stride, f"{name}_1"))
    y = _convolution(y, filters, 3, 1, f"{name}_2")
    if residual:
        shortcut = x
        if stride > 1:
            shortcut = layers.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(x)
            zeros = layers.Rescaling(0.0, name=f"{name}_zeros")(shortcut)
            shortcut = layers.Concatenate(name=f"{name}_widen")([shortcut, zeros])
        y = layers.Add(name=f"{name}_add")([shortcut, y])
    return layers.ReLU(name=f"{name}_out")(y)


def _convolution(
    x: keras.KerasTensor, filters: int, size: int, stride: int, name: str
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
