"""Random changes of a picture and its coordinates together.

A change of places is a (2, 3) matrix from fractions of the new picture's sides to those of the old.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fivenets.core.errors import UserError
from fivenets.fitting.colours import random_colours
from fivenets.localisation.settings import PlaceChanges

if TYPE_CHECKING:
    from fivenets.datasets.places.prepared import PlaceExample

WHOLE = np.eye(2, 3)
LEAST_SEEN = 0.5  # of a box; of which less is in the picture, that is not in it
# Who stands on the other side of the nose, of 300-W's 68 points.
PARTNERS = [
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
]  # fmt: skip


def check(strength: PlaceChanges, form: str, coordinates: int) -> None:
    """Raises UserError for what cannot be done to such coordinates."""
    if form == "box" and strength.rotation:
        raise UserError("augmentation.rotation should be 0 for boxes, whose sides stay upright")
    if form == "points" and strength.mirror and coordinates != 2 * len(PARTNERS):
        raise UserError(
            f"augmentation.mirror should be false for {coordinates // 2} points: which of them "
            f"change places is known of {len(PARTNERS)} alone"
        )


def augmented(
    example: "PlaceExample", form: str, size: int, strength: PlaceChanges, rng: np.random.Generator
) -> tuple[np.ndarray, int, np.ndarray]:
    """The picture (size, size, 3) float32 in 0..255, its label and coordinates."""
    is_mirrored = strength.mirror and rng.random() < 0.5
    to_old = _random_places(strength, is_mirrored, rng)
    picture = warped(example.image_rgb_uint8, to_old, size).astype(np.float32)
    picture = picture @ random_colours(strength, rng)
    label, coordinates = moved(example.label, example.coordinates, form, to_old, is_mirrored)
    return np.clip(picture, 0, 255), label, coordinates


def warped(image_rgb_uint8: np.ndarray, to_old: np.ndarray, size: int) -> np.ndarray:
    """(size, size, 3) uint8: what a matrix says of a picture, whose edges repeat outside."""
    height, width = image_rgb_uint8.shape[:2]
    # What shrinks is averaged first: sampling would skip pixels.
    steps = np.hypot(*to_old[:, :2].T) * [width, height] / size  # pixels from one to the next
    sides = [
        max(1, side // max(1, int(step))) for side, step in zip((width, height), steps, strict=True)
    ]
    if sides != [width, height]:
        image_rgb_uint8 = cv2.resize(image_rgb_uint8, sides, interpolation=cv2.INTER_AREA)
        height, width = image_rgb_uint8.shape[:2]
    matrix = to_old * np.array([[width], [height]]) / np.array([size, size, 1])
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts from a pixel's middle
    return cv2.warpAffine(
        np.ascontiguousarray(image_rgb_uint8),
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def moved(
    label: int, coordinates: np.ndarray, form: str, to_old: np.ndarray, is_mirrored: bool
) -> tuple[int, np.ndarray]:
    """A label and coordinates in the new picture; -1 where too little of a box is left in it."""
    if label < 0:
        return label, coordinates
    if form == "points":
        points = from_old(coordinates.reshape(-1, 2), to_old)
        return label, (points[PARTNERS] if is_mirrored else points).ravel()
    middle, half = coordinates[:2], coordinates[2:] / 2
    corners = np.sort(from_old(np.stack([middle - half, middle + half]), to_old), axis=0)
    low, high = np.clip(corners, 0, 1)
    if np.prod(high - low) < LEAST_SEEN * np.prod(corners[1] - corners[0]):
        return -1, np.zeros_like(coordinates)
    return label, np.concatenate([(low + high) / 2, high - low])


def from_old(points_xy: np.ndarray, to_old: np.ndarray) -> np.ndarray:
    """(n, 2) places in the new picture of places in the old one."""
    return (points_xy - to_old[:, 2]) @ np.linalg.inv(to_old[:, :2]).T


def _random_places(
    strength: PlaceChanges, is_mirrored: bool, rng: np.random.Generator
) -> np.ndarray:
    turn = 2 * np.pi * rng.uniform(-strength.rotation, strength.rotation)
    zoom = np.exp(rng.uniform(-1, 1) * np.log1p(strength.zoom))
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]])
    if is_mirrored:
        linear[:, 0] *= -1
    shift = rng.uniform(-strength.shift, strength.shift, 2)
    return np.column_stack([linear, 0.5 + shift - linear @ (0.5, 0.5)])
