"""The network of the notes: convolutions, a dense layer, and one vector that says it all.

The vector is p_c, the coordinates, and one number for each class, as the notes order it; presence
and classes are logits.
"""

import keras
import numpy as np
from keras import layers

from fivenets.localisation.settings import LocaliserRecipe


def localiser(classes: int, middle: np.ndarray, recipe: LocaliserRecipe) -> keras.Model:
    """From pictures (n, size, size, 3) in 0..255 to (n, 1 + coordinates + classes).

    Args: middle: (coordinates,) mean of those to train on, from which it sets out.
    """

    def convolution(
        x, filters: int, kernel: int, stride: int, name: str, is_rectified: bool = True
    ):
        x = layers.Conv2D(
            filters, kernel, strides=stride, padding="same", use_bias=False, name=name
        )(x)
        norm = layers.BatchNormalization(momentum=recipe.batch_norm_momentum, name=f"{name}_norm")
        x = norm(x)
        return layers.ReLU(name=f"{name}_relu")(x) if is_rectified else x

    pictures = keras.Input((recipe.size, recipe.size, 3), name="pictures")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(pictures)
    x = convolution(x, recipe.filters, 5, 2, "stem")
    for level in range(1, 5):
        filters = recipe.filters * min(8, 2**level)
        way = convolution(x, filters, 1, 2, f"shortcut{level}", is_rectified=False)
        x = convolution(x, filters, 3, 2, f"block{level}a")
        x = convolution(x, filters, 3, 1, f"block{level}b", is_rectified=False)
        x = layers.ReLU(name=f"block{level}")(layers.Add(name=f"sum{level}")([x, way]))
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(recipe.units, activation="relu", name="dense")(x)
    x = layers.Dropout(recipe.dropout, name="dropout")(x)
    start = np.concatenate([[0.0], middle, np.zeros(classes)])
    answer = layers.Dense(
        len(start),
        kernel_initializer=keras.initializers.RandomNormal(stddev=1e-3),
        dtype="float32",
        name="answer",
    )
    network = keras.Model(pictures, answer(x), name="localiser")
    answer.bias.assign(start)
    return network
