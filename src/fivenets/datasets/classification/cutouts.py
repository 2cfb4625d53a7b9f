"""Hands photographed before black -> the same, cut out."""

import cv2
import numpy as np

DARK = 24  # of 255: no channel of the background is lighter
SMALLEST_HOLE = 0.004  # of the picture: what is darker and smaller is a shadow between fingers


def cut_out(image_rgb_uint8: np.ndarray) -> np.ndarray:
    """The largest thing that is not black, (height, width, 4) uint8, a pixel's edge taken off."""
    light = (image_rgb_uint8.max(axis=2) > DARK).astype(np.uint8)
    light = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(light)
    if len(sizes) < 2:
        return np.dstack([image_rgb_uint8, np.zeros_like(light)])
    thing = (parts == 1 + sizes[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(1 - thing)
    small = np.flatnonzero(sizes[:, cv2.CC_STAT_AREA] < SMALLEST_HOLE * thing.size)
    thing[np.isin(parts, small[small > 0])] = 1
    inside = cv2.erode(thing, np.ones((3, 3), np.uint8))  # the edge is mixed with the background
    return np.dstack([image_rgb_uint8, cv2.GaussianBlur(inside * 255, (5, 5), 0)])
