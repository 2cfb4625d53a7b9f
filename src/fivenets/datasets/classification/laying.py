"""A cut-out thing laid over a background: of any size, turned, in any light, by any camera.

All of it is one resampling of the cut-out and some arithmetic, so that a network sees thousands of
rooms for the milliseconds of a few. Pictures are float32, 0..255, until `developed`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SIZES = (0.33, 1.05)  # the thing's longer side by the frame's
TURN = 26.0  # degrees, the deviation; few people hold a hand upside down
STRETCH, SHEAR = 0.2, 0.12  # a hand seen from aside is narrower, or leans
SQUEEZED, ASPECTS = 0.5, (4 / 3, 16 / 9)  # pictures that were not square, upright or not
LONGEST_SIDE = 160  # pixels that are kept of a cut-out: more than a frame shows
SHADOWS = 0.6  # part of the pictures in which the thing throws one


@dataclass(frozen=True)
class Cutout:
    """A picture whose background is transparent."""

    premultiplied: np.ndarray  # (height, width, 4) float32 in 0..255
    box: tuple[int, int, int, int]  # x, y of what is to be seen, and where it ends

    @classmethod
    def of(cls, image_rgba_uint8: np.ndarray, goes_on: bool) -> "Cutout":
        """Of straight alpha. goes_on: whether what leaves the picture goes on beyond it, as a drawn
        arm does; else it ends there."""
        height, width = image_rgba_uint8.shape[:2]
        pixels = image_rgba_uint8.astype(np.float32)
        pixels[..., :3] *= pixels[..., 3:] / 255
        if (shrink := LONGEST_SIDE / max(height, width)) < 1:
            size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        if not goes_on:
            margin = max(pixels.shape) // 8
            pixels = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)))
        seen = pixels[..., 3] > 40
        if not seen.any():
            seen[:] = True
        across, down = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
        return cls(pixels, (across[0], down[0], across[-1] + 1, down[-1] + 1))


def laid_over(
    cutout: Cutout,
    background: np.ndarray,
    rng: np.random.Generator,
    sizes: tuple[float, float] = SIZES,
) -> np.ndarray:
    """The cut-out somewhere in front of a background (side, side, 3), of the same shape."""
    side = len(background)
    left, top, right, bottom = cutout.box
    longest = max(right - left, bottom - top)
    scale = side * rng.uniform(*sizes) / longest
    way = scale * _made_square(rng) @ _turn(rng.normal(0, TURN)) @ _shape(rng)
    room = max(0.08, 0.5 - min(0.5, scale * longest / side / 2))
    middle = side * (0.5 + rng.uniform(-room, room, 2))
    around = ((left + right) / 2, (top + bottom) / 2)
    layer = _moved(cutout.premultiplied, way, middle, around, side)
    opacity = layer[..., 3:] / 255
    if rng.random() < SHADOWS:
        background = background * _shadow(opacity[..., 0], rng)[..., None]
    own_light = rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)
    return layer[..., :3] * own_light + (1 - opacity) * background


def seen_again(image_rgb_uint8: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A whole photograph from a little elsewhere, in other light: (side, side, 3)."""
    height, width = image_rgb_uint8.shape[:2]
    scale = side / min(height, width) * rng.uniform(0.85, 1.35)
    way = scale * _turn(rng.normal(0, TURN / 2)) @ _shape(rng, 0.5)
    middle = side * (0.5 + rng.uniform(-0.1, 0.1, 2))
    moved = _moved(image_rgb_uint8.astype(np.float32), way, middle, (width / 2, height / 2), side)
    return 255 * (moved / 255).clip(0) ** rng.uniform(0.7, 1.4)


def developed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a camera makes of it, uint8: dim or bright, warm or cool, blurred, grey or noisy."""
    exposed = picture * rng.uniform(0.6, 1.2) * rng.uniform(0.88, 1.12, 3)
    picture = exposed.clip(0, 255).astype(np.float32)
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.005, 0.017) * len(picture))
    if rng.random() < 0.4:
        grey = picture.mean(axis=2, keepdims=True)
        colour = 0 if rng.random() < 0.25 else rng.uniform(0.2, 1.5)
        picture = grey + (picture - grey) * colour
    if rng.random() < 0.5:
        picture = picture + rng.normal(0, rng.uniform(1, 7), picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def _turn(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _shape(rng: np.random.Generator, part: float = 1.0) -> np.ndarray:
    """Mirrored or not, leaning, and taller or flatter; by a part of STRETCH and SHEAR."""
    mirror = -1 if rng.random() < 0.5 else 1
    lean, height = rng.uniform(-SHEAR, SHEAR) * part, 1 + rng.uniform(-STRETCH, STRETCH) * part
    return np.array([[mirror, lean], [0, height]])


def _made_square(rng: np.random.Generator) -> np.ndarray:
    """What becomes of a frame of any aspect, as people's cameras have, that is made square."""
    if rng.random() >= SQUEEZED:
        return np.eye(2)
    squeezed = rng.choice(ASPECTS) ** rng.choice([-0.5, 0.5])
    return np.diag([1 / squeezed, squeezed])


def _moved(
    picture: np.ndarray,
    way: np.ndarray,
    middle: np.ndarray,
    around: tuple[float, float],
    side: int,
) -> np.ndarray:
    """(side, side) of a picture under the matrix `way` (2, 2), with `around` in the `middle`."""
    shrinking = np.sqrt(abs(np.linalg.det(way)))
    if shrinking < 0.45:  # or fine edges turn into steps
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / shrinking)
    matrix = np.column_stack([way, middle - way @ np.array(around)]).astype(np.float32)
    return cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)


def _shadow(opacity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Factors on the brightness of the background (side, side)."""
    side = len(opacity)
    right, down = rng.uniform(-0.12, 0.12, 2) * side
    cast = cv2.warpAffine(
        opacity, np.array([[1, 0, right], [0, 1, down]], np.float32), (side, side)
    )
    return 1 - rng.uniform(0.1, 0.5) * cv2.GaussianBlur(
        cast, (0, 0), rng.uniform(0.008, 0.06) * side
    )
