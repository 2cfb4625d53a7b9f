"""The course's second network: ResNet-50 (He et al. 2015), and the plain network of its depth."""

import keras
from keras import layers

from fivenets.errors import UserError

# (name, filters of the three convolutions, stride of the first block, identity blocks after it).
STAGES = (
    ("conv2", (64, 64, 256), 1, 2),
    ("conv3", (128, 128, 512), 2, 3),
    ("conv4", (256, 256, 1024), 2, 5),
    ("conv5", (512, 512, 2048), 2, 2),
)
SMALLEST_SIDE = 32  # pixels; five strides of 2 leave one of the last stage
EPSILON = 1.001e-5  # of batch normalisation, as the ImageNet weights were trained with
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet, which those weights expect taken away


def resnet50(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    residual: bool = True,
    weights: str = "none",
    batch_norm_momentum: float = 0.9,
) -> keras.Model:
    """The course's ResNet-50: 23,600,006 parameters at 6 classes.

    Args:
        image_shape: (height, width, channels) of images in 0..255, sides of at least 32.
        residual: false builds the same convolutions without shortcuts.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    Raises: UserError where the images are too small for five strides of 2.
    """
    if min(image_shape[:2]) < SMALLEST_SIDE:
        raise UserError(
            f"resnet50 halves an image five times: image_size should be at least {SMALLEST_SIDE}, "
            f"it is {min(image_shape[:2])}"
        )
    image = keras.Input(image_shape, name="image_rgb")
    x = layers.GroupNormalization(groups=-1, center=False, scale=False, name="to_own_light")(image)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = _norm(x, "conv1", batch_norm_momentum)
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, filters, stride, repeats in STAGES:
        x = convolution_block(
            x, filters, stride, f"{stage}_block1", residual=residual, momentum=batch_norm_momentum
        )
        for index in range(2, repeats + 2):
            name = f"{stage}_block{index}"
            x = identity_block(
                x, filters, name, residual=residual, momentum=batch_norm_momentum
            )
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="resnet50" if residual else "plain50")


def identity_block(x, filters, name, *, residual=True, momentum=0.9):
    y = _main_path(x, filters, 1, name, momentum)
    if residual:
        y = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_out")(y)


def convolution_block(x, filters, stride, name, *, residual=True, momentum=0.9):
    y = _main_path(x, filters, stride, name, momentum)
    if residual:
        shortcut = layers.Conv2D(filters[2], 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = _norm(shortcut, f"{name}_0", momentum)
        y = layers.Add(name=f"{name}_add")([shortcut, y])
    return layers.ReLU(name=f"{name}_out")(y)


def _main_path(x, filters, stride, name, momentum):
    x = layers.Conv2D(filters[0], 1, strides=stride, name=f"{name}_1_conv")(x)
    x = layers.ReLU(name=f"{name}_1_relu")(_norm(x, f"{name}_1", momentum))
    x = layers.Conv2D(filters[1], 3, padding="same", name=f"{name}_2_conv")(x)
    x = layers.ReLU(name=f"{name}_2_relu")(_norm(x, f"{name}_2", momentum))
    x = layers.Conv2D(filters[2], 1, name=f"{name}_3_conv")(x)
    return _norm(x, f"{name}_3", momentum)


def _norm(x, name, momentum):
    return layers.BatchNormalization(momentum=momentum, epsilon=EPSILON, name=f"{name}_bn")(x)
