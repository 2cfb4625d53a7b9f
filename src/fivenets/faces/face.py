"""A face in a picture, and the faces of a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fivenets.faces import cropping

MIN_CONFIDENCE = 0.95  # of the detector, 0..1; its false faces are mostly below
# Of LFW's pictures turned on a side or over, 7% show something that is taken for a face, mostly
# below this confidence or beyond this roll; of the upright faces 5% are. Only these pictures, and
# those without one face, are searched in the other directions too.
SURE_CONFIDENCE = 0.99
MOST_ROLL = 35  # degrees between the line of the eyes and the picture's rows
# Pixels a side, below which faces are answered with a warning: docs/decisions/0006.
FEWEST_PIXELS = 20


@dataclass(frozen=True)
class Face:
    """A face in a picture."""

    points_xy: np.ndarray  # (5, 2) in pixels: eyes, nose, mouth's corners, each from left
    confidence: float  # of the detector, 0..1

    @property
    def is_likely(self) -> bool:
        """Whether it is one, more likely than not."""
        return self.confidence >= MIN_CONFIDENCE

    @property
    def is_sure(self) -> bool:
        """Whether it is one, and upright."""
        cosine, sine = self._from_template[:, 0]
        roll = np.degrees(np.arctan2(sine, cosine))
        return self.confidence >= SURE_CONFIDENCE and abs(roll) <= MOST_ROLL

    @property
    def side(self) -> float:
        """Pixels of the square that it is cropped to."""
        return float(np.hypot(*self._from_template[:, 0]))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """What that square covers: left, top, right and bottom, in pixels."""
        corners = np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]])
        x, y = self._from_template @ corners
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    @property
    def weight(self) -> float:
        """What it says for the direction of its picture: false faces are small and unlikely."""
        return float(-np.log(max(1 - self.confidence, 1e-6)) * self.side)

    @property
    def _from_template(self) -> np.ndarray:
        return cropping.similarity_transform(cropping.TEMPLATE_XY, self.points_xy)


@dataclass(frozen=True)
class Found:
    """The faces of a picture, and which of them is meant; without any, it is a face itself."""

    picture: np.ndarray  # (height, width, 3) uint8, turned where it lay on its side
    faces: list[Face]
    chosen: int = 0
    turned: int = 0  # degrees clockwise

    @property
    def face(self) -> Face:
        """The chosen one."""
        return self.faces[self.chosen]

    @property
    def crop(self) -> np.ndarray:
        """It upright, (SIDE, SIDE, 3) uint8."""
        return cropping.crop(self.picture, self.face.points_xy) if self.faces else self.picture

    @property
    def crops(self) -> list[np.ndarray]:
        """Each face upright."""
        cut = [cropping.crop(self.picture, face.points_xy) for face in self.faces]
        return cut or [self.picture]

    def sides(self, places: Sequence[int]) -> list[float]:
        """Pixels a side of some of the faces; of a picture that is one itself, its shorter side."""
        if not self.faces:
            return [float(min(self.picture.shape[:2]))]
        return [self.faces[place].side for place in places]


def too_small(sides: Iterable[float]) -> str:
    """What is to be said of faces of so many pixels a side; empty where none is too small."""
    sides = list(map(round, sides))
    small = [side for side in sides if side < FEWEST_PIXELS]
    if not small:
        return ""
    which = f"{len(small):,} of {len(sides):,} faces are small, one" if sides[1:] else "the face"
    return (
        f"{which} has {min(small)} pixels a side: {FEWEST_PIXELS} or more are needed to tell "
        "people apart"
    )
