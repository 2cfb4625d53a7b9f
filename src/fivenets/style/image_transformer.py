"""A network that paints in one style in one pass.

Johnson, Alahi and Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
2016, with the instance normalisation of Ulyanov, Vedaldi and Lempitsky, "Instance Normalization:
The Missing Ingredient for Fast Stylization", 2016.
"""

import keras
from keras import layers, ops

from fivenets.style.settings import TRANSFORMER


def image_transformer(filters: int = 16, residual_blocks: int = 5) -> keras.Model:
    """(n, height, width, 3) in 0..1 -> a picture of that shape; sides are multiples of STRIDE.

    A quarter of the paper's filters. Pictures are enlarged and then convolved, which leaves no
    checkerboard (Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", 2016).
    """
    inputs = keras.Input((None, None, 3), name="image_rgb")
    x = _convolution(inputs, filters, 9)
    x = _convolution(x, 2 * filters, 3, strides=2)
    x = _convolution(x, 4 * filters, 3, strides=2)
    for _ in range(residual_blocks):
        inner = _convolution(x, 4 * filters, 3)
        x = layers.Add()([x, _convolution(inner, 4 * filters, 3, activation=None)])
    x = _convolution(layers.UpSampling2D()(x), 2 * filters, 3)
    x = _convolution(layers.UpSampling2D()(x), filters, 3)
    x = layers.Conv2D(3, 9, name="painted", dtype="float32")(_reflected(x, 4))
    # The input is not added to this: a network that starts at the picture leaves most of it as it
    # is, and has all of the style's contrast in a few dark spots.
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32")(x), name=TRANSFORMER)


def _convolution(
    x: keras.KerasTensor,
    filters: int,
    size: int,
    strides: int = 1,
    activation: str | None = "relu",
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, strides, use_bias=False)(_reflected(x, size // 2))
    x = layers.GroupNormalization(groups=-1)(x)  # a group for each channel: instance norm
    return layers.Activation(activation)(x) if activation else x


def _reflected(x: keras.KerasTensor, margin: int) -> keras.KerasTensor:
    """Padding by zeros would leave a frame, as each picture's edges count in its norm."""
    return ops.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="reflect")
