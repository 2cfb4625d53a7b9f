"""Hands photographed before black, or before one plain colour -> the same, cut out."""

import cv2
import numpy as np

DARK = 24  # of 255: no channel of a black background is lighter
SMALLEST_HOLE = 0.004  # of the picture: what is darker and smaller is a shadow between fingers
LONGEST_SIDE = 640  # pixels that are kept of a picture before a plain colour
BORDER = 0.02  # of the shorter side: how wide the border is that shows the colour
MOST_OF_BORDER = 0.7  # the colour's part of it at least: an arm hides the rest
EVEN = 32  # of 255: no channel of the border differs more from its colour, or there is light on it
SATURATED = 0.5  # in 0..1, of a colour that is chosen to be cut out
ALIKE = 0.1  # in red, green and blue as parts of their sum, which a shadow leaves as they are
THING = (0.02, 0.95)  # of the picture: less is dust, and more is no background


def cut_out(image_rgb_uint8: np.ndarray) -> np.ndarray:
    """The largest thing that is not black, (height, width, 4) uint8, a pixel's edge taken off."""
    return _largest(image_rgb_uint8, image_rgb_uint8.max(axis=2) > DARK)


def cut_out_by_colour(image_rgb_uint8: np.ndarray) -> np.ndarray | None:
    """The thing before one even, saturated colour or black, (height, width, 4) uint8, of at most
    LONGEST_SIDE pixels; None where the border of the picture is not of one.
    """
    image = _no_larger(image_rgb_uint8)
    colour = _colour_of_border(image)
    if colour is None:
        return None
    if colour.max() <= DARK:
        found = cut_out(image)
    else:
        far = np.abs(_parts_of_sum(image) - _parts_of_sum(colour)).max(axis=2) > ALIKE
        found = _largest(image, far)
    smallest, largest = THING
    return found if smallest < found[..., 3].mean() / 255 < largest else None


def _colour_of_border(image: np.ndarray) -> np.ndarray | None:
    """(3,) in 0..255, of what most of the border is; None where it is of several, or pale."""
    wide = max(1, round(BORDER * min(image.shape[:2])))
    inside = np.zeros(image.shape[:2], bool)
    inside[wide:-wide, wide:-wide] = True
    border = image[~inside].astype(np.float32)
    colour = np.median(border, axis=0)
    is_even = np.abs(border - colour).max(axis=1) <= EVEN
    is_plain = colour.max() <= DARK or colour.min() <= (1 - SATURATED) * colour.max()
    return colour if is_plain and is_even.mean() >= MOST_OF_BORDER else None


def _parts_of_sum(colours: np.ndarray) -> np.ndarray:
    """Of (..., 3), whatever light is on them."""
    return colours / np.maximum(colours.sum(axis=-1, keepdims=True, dtype=np.float32), 1)


def _no_larger(image: np.ndarray) -> np.ndarray:
    shrink = LONGEST_SIDE / max(image.shape[:2])
    if shrink >= 1:
        return image
    height, width = (max(1, round(extent * shrink)) for extent in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _largest(image: np.ndarray, is_thing: np.ndarray) -> np.ndarray:
    """The image with the opacity of the largest of the things in a mask (height, width)."""
    mask = cv2.morphologyEx(is_thing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(mask)
    if len(sizes) < 2:
        return np.dstack([image, np.zeros_like(mask)])
    thing = (parts == 1 + sizes[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(1 - thing)
    small = np.flatnonzero(sizes[:, cv2.CC_STAT_AREA] < SMALLEST_HOLE * thing.size)
    thing[np.isin(parts, small[small > 0])] = 1
    inside = cv2.erode(thing, np.ones((3, 3), np.uint8))  # the edge is mixed with the background
    return np.dstack([image, cv2.GaussianBlur(inside * 255, (5, 5), 0)])
