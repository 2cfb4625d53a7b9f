"""Random changes of a picture and its mask together; each strength is 0 or false for none."""

import numpy as np
from PIL import Image

from fivenets.fitting.colours import random_colours
from fivenets.segmentation.settings import MaskChanges

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


def augmented(
    image_rgb_uint8: np.ndarray,
    mask: np.ndarray,
    height: int,
    width: int,
    strength: MaskChanges,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """(height, width, 3) float32 in 0..255 and (height, width) uint8: one window of both."""
    box = _window(mask.shape, strength.crop, rng)
    step = -1 if strength.mirror and rng.random() < 0.5 else 1
    pixels = resized(image_rgb_uint8, height, width, box)[:, ::step].astype(np.float32)
    colours = random_colours(strength, rng)
    return np.clip(pixels @ colours, 0, 255), resized_mask(mask, height, width, box)[:, ::step]


def resized(
    image_rgb_uint8: np.ndarray, height: int, width: int, box: Box | None = None
) -> np.ndarray:
    """(height, width, 3) uint8, smoothed where it shrinks, in training as in use."""
    picture = Image.fromarray(image_rgb_uint8)
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, box))


def resized_mask(mask: np.ndarray, height: int, width: int, box: Box | None = None) -> np.ndarray:
    """(height, width) uint8: there is nothing between two classes."""
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST, box))


def _window(shape: tuple[int, ...], crop: float, rng: np.random.Generator) -> Box:
    size = np.array([shape[1], shape[0]])
    seen = size * (1 - rng.uniform(0, crop))
    corner = rng.uniform(0, 1, 2) * (size - seen)
    left, top, right, bottom = np.concatenate([corner, corner + seen])
    return float(left), float(top), min(float(right), size[0]), min(float(bottom), size[1])
