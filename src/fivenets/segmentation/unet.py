"""U-Net (Ronneberger et al. 2015, figure 1): a contracting path, an expanding one, and skips.

Unlike the paper's, convolutions are padded, so that what comes out is as large as what goes in, and
each is followed by batch normalisation, without which a short training does not get far.
"""

import keras
from keras import layers


def unet(classes: int, filters: int, depth: int, batch_norm_momentum: float) -> keras.Model:
    """From pictures (n, height, width, 3) in 0..255 to logits (n, height, width, classes).

    Height and width are any multiples of 2**depth.
    Args: filters: of the first convolution; each of the `depth` halvings doubles them.
    """

    def twice(x, width: int, name: str):
        for part in ("a", "b"):
            x = convolution(x, width, 3, f"{name}{part}", batch_norm_momentum)
        return x

    pictures = keras.Input((None, None, 3), name="pictures")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(pictures)
    skips = []
    for level in range(depth):
        x = twice(x, filters * 2**level, f"down{level}")
        skips.append(x)
        x = layers.MaxPooling2D(name=f"pool{level}")(x)
    x = twice(x, filters * 2**depth, "bottom")
    for level in reversed(range(depth)):
        width = filters * 2**level
        x = layers.Conv2DTranspose(width, 2, strides=2, name=f"up{level}_twofold")(x)
        x = layers.Concatenate(name=f"skip{level}")([skips[level], x])
        x = twice(x, width, f"up{level}")
    logits = layers.Conv2D(classes, 1, dtype="float32", name="logits")(x)
    return keras.Model(pictures, logits, name="unet")


def convolution(x, width: int, size: int, name: str, batch_norm_momentum: float):
    """Padded, normalised and rectified."""
    x = layers.Conv2D(width, size, padding="same", use_bias=False, name=name)(x)
    norm = layers.BatchNormalization(momentum=batch_norm_momentum, name=f"{name}_norm")
    return layers.ReLU(name=f"{name}_relu")(norm(x))
