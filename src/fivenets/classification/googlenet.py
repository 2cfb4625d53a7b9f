"""GoogLeNet (Szegedy et al. 2014): inception blocks, and side branches to train by."""

from collections.abc import Sequence
from typing import Any

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
SIDE_BRANCHES = ("4a", "4d")  # the blocks that they leave from
SIDE_WEIGHT = 0.3  # of each one's loss


def googlenet(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    width: float = 1.0,
    side_branches: bool = False,
) -> keras.Model:
    """6,998,552 parameters at 1,000 classes, without side branches and batch normalisation.

    Args: image_shape: (height, width, 3) of images in 0..255, at least 32 pixels a side. width:
        times the filters of each layer. side_branches: whether the two branches of the paper are
        there, which bring gradients to the lower layers. Batch normalisation does so, too (Ioffe
        and Szegedy 2015).
    Returns: a model from (n, *image_shape) to logits (n, num_classes); with side branches, a
        `SideBranches`, to those and the logits of each branch.
    """
    sides = []
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
        if side_branches and name in SIDE_BRANCHES:
            sides.append(_side_branch(x, num_classes, f"side_{name}", width))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    if side_branches:
        return SideBranches(image, [logits, *sides], name="googlenet")
    return keras.Model(image, logits, name="googlenet")


class SideBranches(keras.Model):
    """Learns by the logits of side branches, too; is measured by its own, the first, alone."""

    def behind(self, first: Sequence[keras.Layer]) -> "SideBranches":
        """Itself after other layers, in a row."""
        x = image = keras.Input(self.input_shape[1:])
        for layer in first:
            x = layer(x)
        return SideBranches(image, self(x))

    def without(self) -> keras.Model:
        """From the same images to the logits (n, num_classes)."""
        return keras.Model(self.input, self.outputs[0], name=self.name)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of the logits and, in training, SIDE_WEIGHT times that of each branch."""
        logits, *sides = y_pred
        loss = super().compute_loss(x, y, logits, sample_weight, training)
        for side in sides if training else ():
            loss += SIDE_WEIGHT * super().compute_loss(x, y, side, sample_weight, training)
        return loss

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Of the logits."""
        return super().compute_metrics(x, y, y_pred[0], sample_weight)


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


def _side_branch(
    x: keras.KerasTensor, num_classes: int, name: str, width: float
) -> keras.KerasTensor:
    """Logits (n, num_classes) of a block's (n, height, width, c), as in section 5 of the paper."""
    x = layers.AveragePooling2D(min(5, *x.shape[1:3]), strides=3, name=f"{name}_pool")(x)
    x = layers.Flatten(name=f"{name}_flat")(_convolution(x, 128, 1, f"{name}_reduce", width))
    x = layers.Dense(max(1, round(1024 * width)), activation="relu", name=f"{name}_dense")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(num_classes, dtype="float32", name=f"{name}_logits")(x)


def _convolution(
    x: keras.KerasTensor, filters: int, size: int, name: str, width: float, strides: int = 1
) -> keras.KerasTensor:
    count = max(1, round(filters * width))
    x = layers.Conv2D(count, size, strides=strides, padding="same", name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
