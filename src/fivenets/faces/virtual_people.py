"""People nobody has photographed, made from those who were: more identities to learn from.

A few dozen people teach a network to know those few dozen. Here the pictures of each person in a
batch are changed alike, so that they still show one person, but another one: mirrored, bent
smoothly, made darker or lighter, or mixed with the pictures of somebody else.
"""

from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from fivenets.core.params import Fraction, checked

WARP_POINTS = 4  # per side: so few that a whole face bends, and not its parts
EXPRESSION_POINTS = 6
Tone = Annotated[float, Field(ge=0, le=3)]
MIXED_SHARE = (0.3, 0.7)  # of the other person


@checked
class VirtualPeople:
    """How far virtual people are from real ones; all 0: the real ones."""

    mirror: Fraction = 0.0  # part of the people that are mirrored
    mixed: Fraction = 0.0  # part of the people that are mixed with another one
    warp: Fraction = 0.0  # of each person: standard deviation of the bending, of the side
    tone: Tone = 0.0  # of each person: largest logarithm of the exponent of brightness
    expression: Fraction = 0.0  # as warp, but of each picture on its own

    def of(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Virtual people's pictures, (people, images of each, side, side, 3) uint8, from real ones.

        A person is mixed with the next one in `images`.
        """
        made = np.empty_like(images)
        for person, own in enumerate(images):
            pictures = self._mixed(own, images[(person + 1) % len(images)], rng)
            if rng.random() < self.mirror:
                pictures = pictures[:, :, ::-1]
            tone = np.exp(rng.uniform(-self.tone, self.tone))
            pictures = (255 * (np.arange(256) / 255) ** tone).astype(np.uint8)[pictures]
            warp = smooth_field(rng, own.shape[1], WARP_POINTS, self.warp)
            for index, picture in enumerate(pictures):
                expression = smooth_field(rng, own.shape[1], EXPRESSION_POINTS, self.expression)
                made[person, index] = bent(picture, warp + expression)
        return made

    def _mixed(self, own: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        is_mixed, share = rng.random() < self.mixed, rng.uniform(*MIXED_SHARE)
        return ((1 - share) * own + share * others).astype(np.uint8) if is_mixed else own


def smooth_field(rng: np.random.Generator, side: int, points: int, strength: float) -> np.ndarray:
    """A random displacement (side, side, 2) in pixels that varies smoothly.

    Args: points: per side, at which it is drawn. strength: its standard deviation, of the side.
    """
    drawn = rng.normal(0, strength * side, (points, points, 2)).astype(np.float32)
    return cv2.resize(drawn, (side, side), interpolation=cv2.INTER_CUBIC)


def bent(image: np.ndarray, field: np.ndarray) -> np.ndarray:
    """The image (side, side, 3) whose pixel (x, y) is that at (x, y) + field[y, x] of `image`."""
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    return cv2.remap(
        image,
        columns + field[..., 0],
        rows + field[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
