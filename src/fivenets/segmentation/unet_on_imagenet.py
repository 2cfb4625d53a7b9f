"""A U-Net whose contracting path is a classifier's, with ImageNet's weights.

An encoder that has seen a million photographs needs no pictures of streets to tell sky from wall;
what is trained from random numbers is the expanding path (as in Iglovikov and Shvets 2018).
"""

from functools import partial

import keras
from keras import layers

from fivenets.fitting.mobilenet_v2 import efficientnet_lite0, mobilenet_v2
from fivenets.segmentation.unet import convolution

ENCODERS = {"mobilenet_v2": mobilenet_v2, "efficientnet_lite0": efficientnet_lite0}
# The last layers of strides 2 to 16, which the skips carry, and that of stride 32, the bottom.
ENDS = {
    "mobilenet_v2": (
        "expanded_conv_project",
        "block_2_add",
        "block_5_add",
        "block_12_add",
        "block_16_project",
    ),
    "efficientnet_lite0": (
        "expanded_conv_project",
        "block_2_add",
        "block_4_add",
        "block_10_add",
        "block_15_project",
    ),
}


def encoder(architecture: str) -> keras.Model:
    """One of ENCODERS, of any size, to be given ImageNet's weights, which no training changes."""
    network = ENCODERS[architecture]((None, None, 3), 1000, weights="imagenet")
    for layer in network.layers:
        layer.trainable = False
    return network


def unet_on(
    trained: keras.Model, classes: int, filters: int, batch_norm_momentum: float
) -> keras.Model:
    """From pictures (n, height, width, 3) in 0..255 to logits (n, height / 2, width / 2, classes).

    Height and width are any multiples of 32. Nothing is computed at full size, where no skip is.
    Args: trained: an `encoder`, whose layers are used. filters: of the expanding path's last
        convolution; those before it have half as many again at each level.
    """
    convolved = partial(convolution, batch_norm_momentum=batch_norm_momentum)
    *skips, bottom = (trained.get_layer(name).output for name in ENDS[trained.name])
    x = bottom
    for level in reversed(range(len(skips))):
        width = round(filters * 1.5**level)
        # The encoder's numbers are of any scale: without these normalisations little is learned.
        skip = convolved(skips[level], width, 1, f"side{level}")
        x = convolved(x, width, 1, f"up{level}_narrowed")
        x = layers.UpSampling2D(name=f"up{level}_twofold")(x)
        x = convolved(layers.Concatenate(name=f"skip{level}")([skip, x]), width, 3, f"up{level}")
    logits = layers.Conv2D(classes, 1, dtype="float32", name="logits")(x)
    return keras.Model(trained.input, logits, name="unet")
