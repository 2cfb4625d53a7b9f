"""The networks of the course's figure of training error against depth (He et al. 2015, 4.2)."""

import keras
from keras import layers

from fivenets.core.errors import UserError


def thin_resnet(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: int,
    width: int = 8,
    residual: bool = True,
) -> keras.Model:
    """Three stages of pairs of 3x3 convolutions; each halves the image and doubles the width.

    Args:
        depth: layers with weights, 6n + 2: a first convolution, 2n in each stage, the logits.
        width: filters of the first stage.
        residual: false leaves out the shortcuts, which have no parameters: where the shape
            changes they are pooled, and the new channels of them are 0.
    Returns: a model from (n, *image_shape) in 0..255 to logits (n, num_classes).
    """
    if depth < 8 or (depth - 2) % 6:
        raise UserError(f"depth should be 6n + 2, such as 20, 32 or 56, it is {depth}")
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range")(image)
    x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name="first_conv")(x)
    x = layers.ReLU(name="first_relu")(_norm(x, "first"))
    for stage in range(3):
        for index in range((depth - 2) // 6):
            stride = 2 if stage and not index else 1
            x = _block(x, width * 2**stage, stride, f"stage{stage + 1}_block{index + 1}", residual)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name=f"{'residual' if residual else 'plain'}{depth}")


def _block(
    x: keras.KerasTensor, filters: int, stride: int, name: str, residual: bool
) -> keras.KerasTensor:
    settings = {"padding": "same", "use_bias": False}
    y = layers.Conv2D(filters, 3, strides=stride, name=f"{name}_1_conv", **settings)(x)
    y = layers.ReLU(name=f"{name}_1_relu")(_norm(y, f"{name}_1"))
    y = layers.Conv2D(filters, 3, name=f"{name}_2_conv", **settings)(y)
    y = _norm(y, f"{name}_2")
    if residual:
        shortcut = x
        if stride > 1:
            shortcut = layers.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(x)
            zeros = layers.Rescaling(0.0, name=f"{name}_zeros")(shortcut)
            shortcut = layers.Concatenate(name=f"{name}_widen")([shortcut, zeros])
        y = layers.Add(name=f"{name}_add")([shortcut, y])
    return layers.ReLU(name=f"{name}_out")(y)


def _norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
