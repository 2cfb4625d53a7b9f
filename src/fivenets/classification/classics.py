"""The networks that the course's second week begins with: LeNet-5, AlexNet and VGG-16.

As published but for what nobody trains them with any more: local response normalisation, two
groups of filters for two GPUs, radial basis functions, dropout. `width` scales the filters of every
layer, and the units of every dense one.
"""

import keras
from keras import layers

VGG16 = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions and filters of each block


def lenet5(
    image_shape: tuple[int, int, int], num_classes: int, *, width: float = 1.0
) -> keras.Model:
    """LeCun et al. 1998, as the course has it: 61,706 parameters at 32x32x1, 10 classes.

    Args: image_shape: (height, width, channels) of images in 0..255, at least 16 pixels a side.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    stack = [
        layers.Conv2D(_scaled(6, width), 5, activation="tanh", name="conv1"),
        layers.AveragePooling2D(2, name="pool1"),
        layers.Conv2D(_scaled(16, width), 5, activation="tanh", name="conv2"),
        layers.AveragePooling2D(2, name="pool2"),
        layers.Flatten(name="flatten"),
        layers.Dense(_scaled(120, width), activation="tanh", name="fc3"),
        layers.Dense(_scaled(84, width), activation="tanh", name="fc4"),
    ]
    return _sequential("lenet5", image_shape, stack, num_classes)


def alexnet(
    image_shape: tuple[int, int, int], num_classes: int, *, width: float = 1.0
) -> keras.Model:
    """Krizhevsky et al. 2012 without groups: 62,378,344 parameters at 227x227x3, 1,000 classes.

    Args: image_shape: (height, width, channels) of images in 0..255, at least 67 pixels a side.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """

    def convolution(index: int, filters: int, size: int, **settings: int | str) -> keras.Layer:
        name = f"conv{index}"
        return layers.Conv2D(
            _scaled(filters, width), size, activation="relu", name=name, **settings
        )

    stack = [
        convolution(1, 96, 11, strides=4),
        layers.MaxPooling2D(3, strides=2, name="pool1"),
        convolution(2, 256, 5, padding="same"),
        layers.MaxPooling2D(3, strides=2, name="pool2"),
        convolution(3, 384, 3, padding="same"),
        convolution(4, 384, 3, padding="same"),
        convolution(5, 256, 3, padding="same"),
        layers.MaxPooling2D(3, strides=2, name="pool5"),
        *_dense_pair(width),
    ]
    return _sequential("alexnet", image_shape, stack, num_classes)


def vgg16(
    image_shape: tuple[int, int, int], num_classes: int, *, width: float = 1.0
) -> keras.Model:
    """Simonyan and Zisserman 2015: 138,357,544 parameters at 224x224x3, 1,000 classes.

    Args: image_shape: (height, width, channels) of images in 0..255, at least 32 pixels a side.
    Returns: a model from (n, *image_shape) to logits (n, num_classes).
    """
    stack = []
    for block, (convolutions, filters) in enumerate(VGG16, start=1):
        stack += [
            layers.Conv2D(
                _scaled(filters, width),
                3,
                padding="same",
                activation="relu",
                name=f"block{block}_conv{index}",
            )
            for index in range(1, convolutions + 1)
        ]
        stack.append(layers.MaxPooling2D(2, name=f"block{block}_pool"))
    return _sequential("vgg16", image_shape, [*stack, *_dense_pair(width)], num_classes)


def _dense_pair(width: float) -> list[keras.Layer]:
    return [
        layers.Flatten(name="flatten"),
        layers.Dense(_scaled(4096, width), activation="relu", name="fc6"),
        layers.Dense(_scaled(4096, width), activation="relu", name="fc7"),
    ]


def _sequential(
    name: str, image_shape: tuple[int, int, int], stack: list[keras.Layer], num_classes: int
) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(image_shape, name="image_rgb"),
            layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range"),
            *stack,
            layers.Dense(num_classes, dtype="float32", name="logits"),
        ],
        name=name,
    )


def _scaled(units: int, width: float) -> int:
    return max(1, round(units * width))
