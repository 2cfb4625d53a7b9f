"""A picture that is being drawn and, beside it, what each of its pixels is of."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

VOID = 255  # a pixel of no class


class Canvas:
    """An RGB picture and a picture of class numbers, of one size; all of it is VOID at first."""

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self.picture = Image.new("RGB", (width, height))
        self.classes = Image.new("L", (width, height), VOID)
        self._drawn = ImageDraw.Draw(self.picture), ImageDraw.Draw(self.classes)

    def draw(self, shape: str, outline: Any, colour: Iterable[float], kind: int | None) -> None:
        """Fills a `polygon`, `rectangle` or `ellipse` of Pillow's with RGB 0..255.

        kind: the class of its pixels; None leaves them what they are, as paint does on a road.
        """
        red, green, blue = (min(255, max(0, int(value))) for value in colour)
        picture, classes = (getattr(drawn, shape) for drawn in self._drawn)
        picture(outline, fill=(red, green, blue))
        if kind is not None:
            classes(outline, fill=kind)

    def paste(self, picture: Image.Image) -> None:
        """Lays a picture of no known class into the top left corner."""
        self.picture.paste(picture, (0, 0))
        self.classes.paste(VOID, (0, 0, *picture.size))

    def classes_at(self, width: int, height: int) -> np.ndarray:
        """(height, width) uint8."""
        return np.asarray(self.classes.resize((width, height), Image.Resampling.NEAREST))
