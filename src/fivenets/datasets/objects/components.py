"""A picture with a class for every pixel -> boxes: the connected components of a class.

Two things of a class that touch become one component, and one thing behind a pole two. Where the
shape gives that away, and where a thing reaches out of the picture or is tiny, its box is kept as
one that counts neither way: neither learned from nor scored, and no detection of it is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

SMALLEST_SIDE = 10  # pixels of a box; less is not told from its surroundings
TOUCHING = np.ones((3, 3))  # also corner to corner
SLIT = 4  # pixels between two parts of one thing behind a pole or a branch
SHARED_HEIGHT = 0.5  # of the lower of them


@dataclass(frozen=True)
class Shape:
    """What one thing of a class looks like; beyond it, a component is several or a part."""

    widest: float  # widths by heights
    narrowest: float
    least_convex: float  # part of its convex hull that its pixels take


@dataclass(frozen=True)
class Components:
    """The components in one picture."""

    labels: list[str]
    boxes_xyxy: np.ndarray  # (n, 4) pixels, edges from 0
    is_ambiguous: np.ndarray  # (n,) bool


def components_of(classes_uint8: np.ndarray, shapes: Mapping[int, tuple[str, Shape]]) -> Components:
    """The components of each class in `shapes` (its label and shape), class by class.

    Args: classes_uint8: (height, width), the class of each pixel.
    """
    labels: list[str] = []
    boxes, doubts = [np.zeros((0, 4), int)], [np.zeros(0, bool)]
    for index, (label, shape) in shapes.items():
        found, convexity = _boxes_of(classes_uint8 == index)
        labels += [label] * len(found)
        boxes.append(found)
        doubts.append(_are_ambiguous(found, convexity, shape, classes_uint8.shape))
    return Components(labels, np.concatenate(boxes), np.concatenate(doubts))


def _boxes_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 4) boxes in pixels of a mask's components, and (n,) how convex each is, 0..1."""
    numbered, _ = ndimage.label(mask, TOUCHING)
    slices = ndimage.find_objects(numbered)
    boxes = np.array([(x.start, y.start, x.stop, y.stop) for y, x in slices], int).reshape(-1, 4)
    parts = [numbered[place] == index for index, place in enumerate(slices, start=1)]
    return boxes, np.array([_convexity(part) for part in parts])


def _convexity(part: np.ndarray) -> float:
    """The part of the convex hull around its pixels' corners that a component fills."""
    rows = np.flatnonzero(part.any(axis=1))
    first, last = part.argmax(axis=1)[rows], part.shape[1] - part[:, ::-1].argmax(axis=1)[rows]
    corners = [(x, row + down) for x in (first, last) for down in (0, 1) for row in (rows,)]
    points = np.concatenate([np.stack([x, row], axis=1) for x, row in corners])
    return float(part.sum() / ConvexHull(points).volume)  # of two dimensions: the area


def _are_ambiguous(
    boxes: np.ndarray, convexity: np.ndarray, shape: Shape, picture: tuple[int, ...]
) -> np.ndarray:
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    aspect = width / np.maximum(height, 1)
    is_cut = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2:] == picture[1::-1]).any(axis=1)
    return (
        is_cut
        | (np.minimum(width, height) < SMALLEST_SIDE)
        | (aspect > shape.widest)
        | (aspect < shape.narrowest)
        | (convexity < shape.least_convex)
        | _are_parts(boxes)
    )


def _are_parts(boxes: np.ndarray) -> np.ndarray:
    """(n,) whether only a slit parts a box of usable height from another one beside it."""
    left, top, right, bottom = boxes.T
    gap = np.maximum(left[:, None], left) - np.minimum(right[:, None], right)
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    lower = np.minimum((bottom - top)[:, None], bottom - top)
    is_beside = (gap >= 0) & (gap <= SLIT) & (shared > SHARED_HEIGHT * lower)
    is_beside &= lower >= SMALLEST_SIDE  # not a speck
    np.fill_diagonal(is_beside, False)
    return is_beside.any(axis=1)
