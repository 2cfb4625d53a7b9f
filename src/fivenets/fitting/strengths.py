"""How strongly pictures are changed in training."""

from typing import Annotated

from pydantic import Field

from fivenets.core.params import Fraction, checked


@checked
class Strengths:
    """Of each change of `fivenets.fitting.augmentation`; 0 or false leaves it out."""

    mirror: bool = False  # left and right, half of the time
    shift: Fraction = 0.0  # of the side
    crop: Fraction = 0.0  # of the side: zooms in by up to so much
    window: Fraction = 0.0  # of the side: a square part anywhere, smaller by up to so much
    rotation: Annotated[float, Field(ge=0, le=0.5)] = 0.0  # of a full turn, either way
    shear: Fraction = 0.0  # of the side
    brightness: Fraction = 0.0  # of the range, either way
    contrast: Fraction = 0.0  # of the range, either way
    colour: Fraction = 0.0  # saturation, and hue by a tenth of it
    colour_shift: Fraction = 0.0  # of the range, of red, green and blue each by itself
    pca_colour: Fraction = 0.0  # AlexNet's shift along ImageNet's principal colours; there 0.1
    erase: Fraction = 0.0  # part of the pictures in which a box is replaced by noise


@checked
class Colours:
    """Of the colours, where pictures are changed before Keras; 0 leaves them as they are."""

    exposure: Annotated[float, Field(ge=0, le=9)] = 0.0  # by up to a factor of 1 + this, either way
    saturation: Annotated[float, Field(ge=0, le=9)] = 0.0  # the same
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.0  # of a turn, either way
