"""One network for signals, pictures and volumes: only the kernels have more sides.

The notes' examples: 14 samples of one channel under 16 filters of 5 become 10x16, and 6x32 under
32 more; 14x14x14 voxels become 10x10x10x16 and 6x6x6x32.
"""

from collections.abc import Sequence

import keras
from keras import layers

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
POOLINGS = (layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)
MEANS = (
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalAveragePooling3D,
)


def convolutions(shape: Sequence[int], widths: Sequence[int], kernel: int) -> keras.Model:
    """Convolutions one after the other, without padding, as the notes count them.

    Args: shape: the input's sides and, last, its channels: of one to three dimensions.
        widths: filters of each layer.
    """
    convolution = CONVOLUTIONS[_dimensions(shape)]
    stack = [
        convolution(width, kernel, name=f"conv{index}") for index, width in enumerate(widths, 1)
    ]
    return keras.Sequential([keras.Input(tuple(shape)), *stack], name="convolutions")


def classifier(
    shape: Sequence[int],
    num_classes: int,
    widths: Sequence[int],
    kernel: int,
    dropout: float = 0.0,
) -> keras.Model:
    """A model from (n, *shape) to logits (n, num_classes): convolved and halved, then averaged.

    Args: as `convolutions`; each layer but the last is followed by a pooling by 2.
    """
    at = _dimensions(shape)
    stack: list[keras.Layer] = []
    for index, width in enumerate(widths, 1):
        stack += [
            CONVOLUTIONS[at](width, kernel, padding="same", use_bias=False, name=f"conv{index}"),
            layers.BatchNormalization(momentum=0.9, name=f"norm{index}"),
            layers.ReLU(name=f"relu{index}"),
        ]
        if index < len(widths):
            stack.append(POOLINGS[at](2, name=f"pool{index}"))
    end = [
        MEANS[at](name="mean"),
        layers.Dropout(dropout, name="dropout"),
        layers.Dense(num_classes, name="logits"),
    ]
    return keras.Sequential([keras.Input(tuple(shape)), *stack, *end], name=f"classifier_{at + 1}d")


def _dimensions(shape: Sequence[int]) -> int:
    """The place in the tuples above. Raises: ValueError for none or more than three dimensions."""
    if not 2 <= len(shape) <= 4:
        raise ValueError(f"shape should have 1 to 3 sides and channels, it is {tuple(shape)}")
    return len(shape) - 2
