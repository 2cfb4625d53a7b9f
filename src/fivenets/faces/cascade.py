"""MTCNN (Zhang et al. 2016) over many pictures at once: three networks, each surer than the last.

The first looks at every place of the pictures in several sizes, the second and third at the squares
that are left. Networks and weights are the package mtcnn's. Its own loop over them runs layer by
layer in float64, rounds the points to whole pixels, and takes a picture in which the second network
leaves nothing for an error; what is here finds the same faces in a fraction of the time.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from fivenets.faces.cascade_networks import networks

CELL, STRIDE = 12, 2  # pixels: what the first network looks at, and from place to place
SCALE_STEP = 0.709  # from one size of the pictures to the next: half the area
# Of each network: how sure it has to be, and how much two squares may overlap.
THRESHOLDS = (0.6, 0.7, 0.8)
OVERLAP_IN_SCALE, OVERLAP = 0.5, 0.7
SIDES = (24, 48)  # pixels of a square, as the second and the third network take it
MOST_SQUARES = 512  # that a network is given at once

Network = Callable[[np.ndarray], list[np.ndarray]]


def find(
    pictures_rgb_uint8: Sequence[np.ndarray], smallest: float
) -> list[list[tuple[np.ndarray, float]]]:
    """The faces in each of some pictures (height, width, 3) of one size, the surest first.

    Args: smallest: side of the smallest face to be found, in pixels.
    Returns: of each face its five points (5, 2) in pixels, counted from the picture's corner: eyes,
        nose, mouth's corners, the left in the picture first; and the confidence, 0..1.
    """
    pictures = np.stack(pictures_rgb_uint8)
    rows, boxes = _proposed(pictures, smallest)
    normalised = (pictures.astype(np.float32) - 127.5) / 128
    points, scores = np.zeros((len(rows), 5, 2)), np.zeros(len(rows))
    for network, side, threshold in zip(networks()[1:], SIDES, THRESHOLDS[1:], strict=True):
        if not len(rows):  # convolutions refuse to have nothing to do
            break
        boxes = _squares(boxes)
        offsets, *places, scores = _seen(network, normalised, rows, boxes, side)
        if places:
            sizes = boxes[:, 2:] - boxes[:, :2]
            fractions = places[0].reshape(-1, 2, 5).transpose(0, 2, 1)  # all x stand before all y
            points = boxes[:, None, :2] + fractions * sizes[:, None]
        boxes = _moved(boxes, offsets)
        kept = np.flatnonzero(scores > threshold)
        kept = kept[_apart(rows[kept], boxes[kept], scores[kept], OVERLAP, within=bool(places))]
        rows, boxes, points, scores = rows[kept], boxes[kept], points[kept], scores[kept]
    found: list[list[tuple[np.ndarray, float]]] = [[] for _ in pictures]
    for row, place, score in zip(rows, points, scores, strict=True):
        found[row].append((place, float(score)))
    return found


def _proposed(pictures: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
    """What the first network takes for faces: their pictures (n,) and boxes (n, 4)."""
    height, width = pictures.shape[1:3]
    scale, found = CELL / smallest, []
    while min(height, width) * scale >= CELL:
        size = (round(width * scale), round(height * scale))
        small = np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in pictures])
        offsets, scores = networks()[0]((small.astype(np.float32) - 127.5) / 128)
        scores = scores[..., 1]
        rows, y, x = np.nonzero(scores > THRESHOLDS[0])
        corner = STRIDE * np.column_stack([x, y])
        boxes = _moved(np.hstack([corner, corner + CELL]), offsets[rows, y, x])
        boxes /= np.tile(np.array(size) / (width, height), 2)
        scores = scores[rows, y, x]
        kept = _apart(rows, boxes, scores, OVERLAP_IN_SCALE)
        found.append((rows[kept], boxes[kept], scores[kept]))
        scale *= SCALE_STEP
    if not found:
        return np.zeros(0, int), np.zeros((0, 4))
    rows, boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    kept = _apart(rows, boxes, scores, OVERLAP)
    return rows[kept], boxes[kept]


def _seen(
    network: Network, normalised: np.ndarray, rows: np.ndarray, boxes: np.ndarray, side: int
) -> list[np.ndarray]:
    """What a network says of squares: offsets (n, 4), of the third also points, and scores (n,)."""
    answers = []
    for start in range(0, len(rows), MOST_SQUARES):
        part = slice(start, start + MOST_SQUARES)
        answers.append(network(_cut(normalised, rows[part], boxes[part], side)))
    *offsets, scores = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    return [*offsets, scores[:, 1]]


def _cut(pictures: np.ndarray, rows: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """The squares (n, side, side, 3) of pictures, bilinear between pixels; black beyond the edge.

    As TensorFlow's `crop_and_resize`, by which the thresholds were chosen: a corner is the middle
    of a pixel, with coordinates as fractions of the sides.
    """
    height, width = pictures.shape[1:3]
    (low_y, part_y, is_in_y), (low_x, part_x, is_in_x) = (
        _between(boxes[:, axis], boxes[:, axis + 2], pixels, side)
        for axis, pixels in ((1, height), (0, width))
    )
    next_y, next_x = np.minimum(low_y + 1, height - 1), np.minimum(low_x + 1, width - 1)
    row = rows[:, None, None]

    def along(y: np.ndarray) -> np.ndarray:
        left = pictures[row, y[:, :, None], low_x[:, None, :]]
        right = pictures[row, y[:, :, None], next_x[:, None, :]]
        return left + (right - left) * part_x[:, None, :, None]

    top = along(low_y)
    cut = top + (along(next_y) - top) * part_y[:, :, None, None]
    return cut * (is_in_y[:, :, None] & is_in_x[:, None, :])[..., None]


def _between(
    first: np.ndarray, last: np.ndarray, pixels: int, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `side` places from edge to edge (n,): the pixel before each, what it is beyond that pixel,
    and whether it is in the picture; each (n, side)."""
    scale = (pixels - 1) / pixels
    places = np.linspace(first * scale, last * scale, side, axis=1, dtype=np.float32)
    is_in = (places >= 0) & (places <= pixels - 1)
    low = np.clip(np.floor(places), 0, pixels - 1)
    return low.astype(int), places - low, is_in


def _squares(boxes: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) as squares about their middles, of the longer side."""
    middle, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    half = sizes.max(axis=1, keepdims=True, initial=0) / 2
    return np.hstack([middle - half, middle + half])


def _moved(boxes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Boxes (n, 4), each edge by its part of the box's width or height."""
    return boxes + offsets * np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _apart(
    rows: np.ndarray, boxes: np.ndarray, scores: np.ndarray, overlap: float, within: bool = False
) -> np.ndarray:
    """Which boxes stay, the surest first: of those in one picture that overlap, the surest.

    Args: within: whether the overlap is measured against the smaller box, and not against both
        together: a box inside another overlaps it wholly.
    """
    order, kept = np.argsort(-scores, kind="stable"), []
    low, high = boxes[:, :2], boxes[:, 2:]
    areas = np.prod(high - low, axis=1)
    while len(order):
        first, order = order[0], order[1:]
        kept.append(first)
        common = np.minimum(high[first], high[order]) - np.maximum(low[first], low[order])
        shared = np.prod(np.maximum(common, 0), axis=1)
        smaller, both = np.minimum(areas[first], areas[order]), areas[first] + areas[order] - shared
        is_apart = shared <= overlap * (smaller if within else both)
        order = order[is_apart | (rows[order] != rows[first])]
    return np.array(kept, dtype=int)
