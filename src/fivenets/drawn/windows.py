"""Square windows of drawn streets that show one object, or none: what is to be localised."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fivenets.drawn.scenes import HEIGHT, Scene, render_scenes

SMALLEST = 48  # pixels of a window
FROM_EACH = 6  # windows of a scene, at most
LARGEST_PART, SMALLEST_PART = 0.9, 0.12  # of the window's side: the object's longer one
EMPTY = 0.25  # of the windows show none
TRIES = 20


class Window(NamedTuple):
    """A picture (side, side, 3) uint8; its object's box as fractions of it, and class, or None."""

    image_rgb_uint8: np.ndarray
    box_xyxy: np.ndarray | None
    label: int | None


def windows(scenes: int, seed: int) -> Iterator[Window]:
    """Windows of drawn scenes; the same for the same seed."""
    rng = np.random.default_rng([3, seed])
    for scene in render_scenes(scenes, seed):
        for _ in range(FROM_EACH):
            if found := _window(scene, rng.random() < EMPTY, rng):
                yield found


def _window(scene: Scene, is_empty: bool, rng: np.random.Generator) -> Window | None:
    """A window of the kind that is wanted, where one is soon found."""
    for _ in range(TRIES):
        side = int(np.exp(rng.uniform(*np.log([SMALLEST, HEIGHT]))))
        height, width = scene.image_rgb_uint8.shape[:2]
        corner = np.floor(rng.uniform(0, 1, 2) * ([width - side + 1, height - side + 1])).astype(
            int
        )
        clipped = np.clip(scene.boxes_xyxy - np.tile(corner, 2), 0, side)
        sides, whole = (box[:, 2:] - box[:, :2] for box in (clipped, scene.boxes_xyxy))
        seen = sides.prod(axis=1) / whole.prod(axis=1)
        picture = scene.image_rgb_uint8[corner[1] : corner[1] + side, corner[0] : corner[0] + side]
        if is_empty and not seen.any():
            return Window(picture, None, None)
        if is_empty or (seen > 0).sum() != 1:
            continue
        (at,) = np.flatnonzero(seen)
        if seen[at] > 0.9 and SMALLEST_PART < sides[at].max() / side < LARGEST_PART:
            return Window(picture, clipped[at] / side, int(scene.classes[at]))
    return None
