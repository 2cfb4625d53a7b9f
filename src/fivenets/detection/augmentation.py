"""Random changes of a picture and its boxes together; each strength is 0 or false for none."""

import numpy as np
from PIL import Image

from fivenets.detection.settings import BoxChanges
from fivenets.fitting.colours import random_colours

VISIBLE_PART = 0.3  # of an object's area; with less of it left in a crop it is no object any more


def augmented(
    image_rgb_uint8: np.ndarray,
    boxes_xyxy: np.ndarray,
    height: int,
    width: int,
    strength: BoxChanges,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A changed picture at the size of the network's input, and where its objects are now.

    Args: image_rgb_uint8 (h, w, 3); boxes_xyxy (n, 4) in parts of it, 0..1.
    Returns: (height, width, 3) float32 in 0..1, boxes (k, 4) in parts of that, and which of the n
        objects those k are: others have left the picture.
    """
    window = _window(strength, rng)
    picture = Image.fromarray(image_rgb_uint8).transform(
        # As in `pictures.fit`: four pixels and no smoothing. What lies outside becomes black.
        (width, height),
        Image.Transform.EXTENT,
        _extent(window, image_rgb_uint8.shape, height, width),
        Image.Resampling.BILINEAR,
    )
    colours = random_colours(strength, rng)
    pixels = np.asarray(picture, np.float32) / 255 @ colours
    seen, kept = _seen_through(boxes_xyxy, window)
    return np.clip(pixels, 0, 1, out=pixels), seen, kept


def _window(strength: BoxChanges, rng: np.random.Generator) -> np.ndarray:
    """Left, top, right, bottom of what is seen, in parts of the picture; swapped to mirror it."""
    window = np.array([0, 0, 1, 1]) + rng.uniform(-strength.crop, strength.crop, 4)
    is_mirrored, is_flipped = rng.random(2) < 0.5
    if strength.mirror and is_mirrored:
        window[[0, 2]] = window[[2, 0]]
    if strength.flip and is_flipped:
        window[[1, 3]] = window[[3, 1]]
    return window


def _extent(
    window: np.ndarray, image_shape: tuple[int, ...], height: int, width: int
) -> tuple[float, ...]:
    """Pillow's left, top, right, bottom in pixels, of a window in parts of the picture.

    Pillow samples at the middles of pixels; this puts those of the first and the last where
    `pictures.fit` has them, at the middles of the window's first and last.
    """
    picture, target = np.array([image_shape[1], image_shape[0]]), np.array([width, height])
    first, last = window[:2] * picture, window[2:] * picture
    half = np.sign(last - first) / 2
    step = (last - first - 2 * half) / np.maximum(target - 1, 1)
    start = first + half - step / 2
    return (*start, *(start + step * target))


def _seen_through(boxes_xyxy: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes in parts of the window, cut at its edges, and the indices of those worth keeping."""
    origin, size = window[:2], window[2:] - window[:2]
    corners = (np.asarray(boxes_xyxy, float).reshape(-1, 2, 2) - origin) / size
    corners = np.sort(corners, axis=1)  # a mirrored box's left edge was its right one
    cut = np.clip(corners, 0, 1)
    areas, left = (np.prod(boxes[:, 1] - boxes[:, 0], axis=1) for boxes in (corners, cut))
    kept = np.flatnonzero(left > VISIBLE_PART * areas)
    return cut[kept].reshape(-1, 4), kept
