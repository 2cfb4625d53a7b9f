"""How the same thing may look on another day, as Keras layers that act in training only."""

import keras
from keras import layers

from fivenets.core.errors import UserError

ERASED_AREA = (0.02, 0.15)  # of the picture: a hand, a scarf, a pair of glasses


def augmentation(
    *,
    mirror: bool = False,
    shift: float = 0.0,
    crop: float = 0.0,
    rotation: float = 0.0,
    shear: float = 0.0,
    brightness: float = 0.0,
    contrast: float = 0.0,
    colour: float = 0.0,
    erase: float = 0.0,
) -> list[keras.Layer]:
    """Layers on (n, height, width, 3) images in 0..255; each strength 0 leaves its layer out.

    Args:
        mirror: flip left and right, half of the time.
        shift, crop: fraction of the side, 0..1; crop zooms in by up to that much.
        rotation: fraction of a full turn, 0..0.5, either way.
        shear: fraction of the side, 0..1.
        brightness, contrast: fraction of the range, 0..1, either way.
        colour: saturation and hue, 0..1 (hue moves by a tenth of it).
        erase: part of the pictures, 0..1, in which a box is replaced by noise.
    """
    strengths = {
        "shift": shift,
        "crop": crop,
        "rotation": rotation,
        "shear": shear,
        "brightness": brightness,
        "contrast": contrast,
        "colour": colour,
        "erase": erase,
    }
    for name, strength in strengths.items():
        if not 0 <= strength <= 1:
            raise UserError(f"augmentation.{name} should lie in 0..1, it is {strength}")
    if rotation > 0.5:
        raise UserError(f"augmentation.rotation should lie in 0..0.5 of a turn, it is {rotation}")
    edge = {"fill_mode": "nearest"}
    stages = [
        (mirror, lambda: layers.RandomFlip("horizontal")),
        (shift, lambda: layers.RandomTranslation(shift, shift, **edge)),
        (rotation, lambda: layers.RandomRotation(rotation, **edge)),
        (crop, lambda: layers.RandomZoom((-crop, 0), **edge)),
        (shear, lambda: layers.RandomShear(shear, shear, **edge)),
        (brightness, lambda: layers.RandomBrightness(brightness)),
        (contrast, lambda: layers.RandomContrast(contrast)),
        (colour, lambda: _random_saturation(colour)),
        (colour, lambda: layers.RandomHue(colour / 10)),
        (erase, lambda: layers.RandomErasing(erase, scale=ERASED_AREA)),
    ]
    return [make() for strength, make in stages if strength]


def _random_saturation(strength: float) -> keras.Layer:
    # Keras clips the saturation to `value_range`, but saturation lies in 0..1 whatever the range
    # of the pixels; with their range, pixels of a boosted image would leave 0..255.
    factor = (0.5 - strength / 2, 0.5 + strength / 2)  # 0.5 leaves the image as it is
    return layers.RandomSaturation(factor, value_range=(0, 1))
