"""Filled polygons in metres, of which what is on a street is drawn, and their colours.

x runs to the right from the object's left end, y up from the ground. A shape is a list of faces,
the first drawn first.
"""

from typing import NamedTuple

import numpy as np

# Of cars and motorcycles, RGB 0..255.
PAINTS = np.array([
    [190, 30, 35], [30, 60, 140], [225, 225, 225], [35, 38, 42],
    [120, 125, 130], [205, 165, 40], [40, 105, 70], [150, 90, 50],
])  # fmt: skip
CLOTHES = np.array([
    [60, 70, 120], [150, 40, 50], [45, 45, 50], [190, 185, 170],
    [70, 120, 90], [200, 140, 60], [110, 70, 120], [90, 140, 190],
])  # fmt: skip
SKINS = np.array([[235, 195, 170], [205, 155, 120], [160, 110, 80], [105, 70, 50]])
HAIRS = np.array([[40, 30, 25], [90, 60, 35], [170, 130, 70], [130, 130, 130]])
GLASS, TYRE, METAL = (70, 85, 100), (28, 28, 30), (150, 152, 155)
HEADLIGHT, TAILLIGHT = (245, 240, 205), (200, 25, 25)
COMMON_PAINTS = np.array([[205, 207, 210], [130, 133, 138], [45, 47, 52], [235, 235, 233]])


class Face(NamedTuple):
    """One filled polygon."""

    corners: np.ndarray  # (n, 2) metres; (n, 3) in a solid, with z ahead
    colour: tuple[float, ...]  # RGB 0..255


def polygon(colour, *corners: tuple[float, ...]) -> Face:
    return Face(np.array(corners, float), tuple(colour))


def trapezium(colour, middle: float, foot: tuple[float, float], top: tuple[float, float]) -> Face:
    """About x = middle. Args: foot, top: half of a width, and the height that it is at."""
    (half, low), (half_above, high) = foot, top
    left = (middle - half, low), (middle - half_above, high)
    return polygon(colour, *left, (middle + half_above, high), (middle + half, low))


def disc(colour, x: float, y: float, radius: float, flat: float = 1.0) -> Face:
    """A circle, `flat` times as wide as it is high."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    rim = np.stack([x + flat * radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
    return Face(rim, tuple(colour))


def limb(colour, start: tuple[float, float], end: tuple[float, float], width: float) -> Face:
    """A bar between two points."""
    along = np.subtract(end, start)
    across = np.array([-along[1], along[0]]) * width / 2 / max(float(np.hypot(*along)), 1e-9)
    ends = np.array([start, start, end, end]) + np.array([across, -across, -across, across])
    return Face(ends, tuple(colour))


def darker(colour, factor: float = 0.7) -> tuple[float, ...]:
    return tuple(np.asarray(colour) * factor)


def car_paint(rng: np.random.Generator) -> np.ndarray:
    """RGB of a car: three in five are silver, grey, black or white."""
    paints = COMMON_PAINTS if rng.random() < 0.6 else PAINTS
    return rng.choice(paints) * rng.uniform(0.75, 1.1) + rng.uniform(-12, 12, 3)
