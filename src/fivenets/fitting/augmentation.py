"""How the same thing may look on another day, as Keras layers that act in training only."""

import keras
from keras import layers

from fivenets.fitting.random_layers import RandomColourShift, RandomPcaColour, RandomWindow
from fivenets.fitting.strengths import Strengths

ERASED_AREA = (0.02, 0.15)  # of the picture: a hand, a scarf, a pair of glasses


def augmentation(of: Strengths) -> list[keras.Layer]:
    """Layers on (n, height, width, 3) images in 0..255; each strength 0 leaves its layer out."""
    edge = {"fill_mode": "nearest"}
    stages = [
        (of.mirror, lambda: layers.RandomFlip("horizontal")),
        (of.shift, lambda: layers.RandomTranslation(of.shift, of.shift, **edge)),
        (of.rotation, lambda: layers.RandomRotation(of.rotation, **edge)),
        (of.crop, lambda: layers.RandomZoom((-of.crop, 0), **edge)),
        (of.window, lambda: RandomWindow(of.window)),
        (of.shear, lambda: layers.RandomShear(of.shear, of.shear, **edge)),
        (of.brightness, lambda: layers.RandomBrightness(of.brightness)),
        (of.contrast, lambda: layers.RandomContrast(of.contrast)),
        (of.colour, lambda: _random_saturation(of.colour)),
        (of.colour, lambda: layers.RandomHue(of.colour / 10)),
        (of.colour_shift, lambda: RandomColourShift(of.colour_shift)),
        (of.pca_colour, lambda: RandomPcaColour(of.pca_colour)),
        (of.erase, lambda: layers.RandomErasing(of.erase, scale=ERASED_AREA)),
    ]
    made = [make() for strength, make in stages if strength]
    if keras.backend.backend() == "jax":
        for layer in made:
            # Keras says no of four of them, as TensorFlow's XLA cannot; JAX compiles all, and one
            # layer that says no makes it run the whole step operation by operation.
            layer.supports_jit = True
    return made


def _random_saturation(strength: float) -> keras.Layer:
    # Keras clips the saturation to `value_range`, but saturation lies in 0..1 whatever the range
    # of the pixels; with their range, pixels of a boosted image would leave 0..255.
    factor = (0.5 - strength / 2, 0.5 + strength / 2)  # 0.5 leaves the image as it is
    return layers.RandomSaturation(factor, value_range=(0, 1))
