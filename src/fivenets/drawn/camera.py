"""A pinhole camera in a drawn street: metres -> pixels.

The street's axes are x across it to the right, y up from the ground and z along it; the camera's
are x to its right, y up and z ahead of it.
"""

from typing import NamedTuple

import numpy as np

NEAREST = 0.6  # metres ahead; what is nearer is cut off


class Camera(NamedTuple):
    """Where a camera stands in a street, which way it looks, and how it projects."""

    across: float  # metres from the middle of the street
    height: float  # metres above the ground
    yaw: float  # radians to the right of the street's direction
    focal: float  # pixels
    middle: float  # the column straight ahead
    horizon: float  # the row of everything at the camera's height

    def turned(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) in the street's axes -> in the camera's."""
        moved = points - [self.across, self.height, 0]
        return moved @ self._axes().T

    def ground(self, column: float, depth: float) -> np.ndarray:
        """The point (3,) of the ground, in the street's axes, that is seen in a column."""
        point = [(column - self.middle) * depth / self.focal, -self.height, depth]
        return point @ self._axes() + [self.across, self.height, 0]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) in the camera's axes -> (m, 2) columns and rows, of the part that is ahead."""
        ahead = _ahead(points)
        scale = self.focal / ahead[:, 2]
        return np.stack(
            [self.middle + scale * ahead[:, 0], self.horizon - scale * ahead[:, 1]], axis=1
        )

    def _axes(self) -> np.ndarray:
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])


def _ahead(points: np.ndarray) -> np.ndarray:
    """A polygon (n, 3) without the part of it that is nearer than NEAREST; perhaps none is left."""
    if (points[:, 2] >= NEAREST).all():
        return points
    kept = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        if start[2] >= NEAREST:
            kept.append(start)
        if (start[2] >= NEAREST) != (end[2] >= NEAREST):
            kept.append(start + (end - start) * (NEAREST - start[2]) / (end[2] - start[2]))
    return np.array(kept).reshape(-1, 3)
