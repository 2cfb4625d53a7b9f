"""The course's second network: ResNet-50 (He et al. 2015), and the plain network of its depth."""

import keras
from keras import layers

# (name, filters of a block's three convolutions, stride of the first block, blocks).
STAGES = (
    ("conv2", (64, 64, 256), 1, 3),
    ("conv3", (128, 128, 512), 2, 4),
    ("conv4", (256, 256, 1024), 2, 6),
    ("conv5", (512, 512, 2048), 2, 3),
)
EPSILON = 1.001e-5  # of batch normalisation, as in keras.applications
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet


def resnet50(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    residual: bool = True,
    weights: str = "none",
    batch_norm_momentum: float = 0.9,
    starts_as_shortcut: bool = False,
) -> keras.Model:
    """The network of the course's second assignment: 23,600,006 parameters at 6 classes.

    Args:
        image_shape: (height, width, 3) of images in 0..255, at least 32 pixels a side.
        residual: false leaves the shortcuts out: a plain network of the same depth.
        weights: "imagenet" builds the variant that ImageNet's weights were trained in, which
            scales pictures by that set's mean and pads before pooling. Loading them is
            `imagenet.load`'s.
        batch_norm_momentum: 0..1, how much of its running statistics a step keeps.
        starts_as_shortcut: the last normalisation of each block starts at a scale of 0 (Goyal et
            al. 2017, 5.1), so that training begins with a shallow network; residual ones only.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    image = keras.Input(image_shape, name="image_rgb")
    if weights == "imagenet":
        offset = [-mean for mean in MEAN_RGB]
        x = layers.Rescaling(1.0, offset=offset, name="around_imagenet_mean")(image)
    else:
        # As in compact_cnn: a lamp that scales the channels changes nothing.
        x = layers.GroupNormalization(groups=-1, center=False, scale=False, name="to_own_light")(
            image
        )
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = _norm(x, "conv1", batch_norm_momentum)
    x = layers.ReLU(name="conv1_relu")(x)
    if weights == "imagenet":
        x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    settings = {
        "residual": residual,
        "momentum": batch_norm_momentum,
        "gamma": "zeros" if starts_as_shortcut else "ones",
    }
    for stage, filters, stride, blocks in STAGES:
        x = convolution_block(x, filters, stride, f"{stage}_block1", **settings)
        for index in range(2, blocks + 1):
            x = identity_block(x, filters, f"{stage}_block{index}", **settings)
    # At 64x64 the course's 2x2 average pooling and flattening are this.
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="resnet50" if residual else "plain50")


def identity_block(
    x: keras.KerasTensor,
    filters: tuple[int, int, int],
    name: str,
    *,
    residual: bool = True,
    momentum: float = 0.9,
    gamma: str = "ones",
) -> keras.KerasTensor:
    """relu(x + F(x)) with F of 1x1, 3x3 and 1x1 convolutions (He et al. 2015, figure 5 right).

    Args: x (n, height, width, filters[2]). Returns: a tensor of the same shape.
    """
    y = _bottleneck(x, filters, 1, name, momentum, gamma)
    if residual:
        y = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_out")(y)


def convolution_block(
    x: keras.KerasTensor,
    filters: tuple[int, int, int],
    stride: int,
    name: str,
    *,
    residual: bool = True,
    momentum: float = 0.9,
    gamma: str = "ones",
) -> keras.KerasTensor:
    """The same where the shape changes: the shortcut is a strided 1x1 convolution.

    Args: x (n, height, width, c). Returns: (n, height / stride, width / stride, filters[2]).
    """
    y = _bottleneck(x, filters, stride, name, momentum, gamma)
    if residual:
        shortcut = layers.Conv2D(filters[2], 1, strides=stride, name=f"{name}_0_conv")(x)
        y = layers.Add(name=f"{name}_add")([_norm(shortcut, f"{name}_0", momentum), y])
    return layers.ReLU(name=f"{name}_out")(y)


def _bottleneck(
    x: keras.KerasTensor,
    filters: tuple[int, int, int],
    stride: int,
    name: str,
    momentum: float,
    gamma: str,
) -> keras.KerasTensor:
    x = layers.Conv2D(filters[0], 1, strides=stride, name=f"{name}_1_conv")(x)
    x = layers.ReLU(name=f"{name}_1_relu")(_norm(x, f"{name}_1", momentum))
    x = layers.Conv2D(filters[1], 3, padding="same", name=f"{name}_2_conv")(x)
    x = layers.ReLU(name=f"{name}_2_relu")(_norm(x, f"{name}_2", momentum))
    x = layers.Conv2D(filters[2], 1, name=f"{name}_3_conv")(x)
    return _norm(x, f"{name}_3", momentum, gamma)


def _norm(
    x: keras.KerasTensor, name: str, momentum: float, gamma: str = "ones"
) -> keras.KerasTensor:
    return layers.BatchNormalization(
        momentum=momentum, epsilon=EPSILON, gamma_initializer=gamma, name=f"{name}_bn"
    )(x)
