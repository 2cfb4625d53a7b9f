"""Anchor boxes that fit a data set: k-means with 1 - IoU as the distance."""

import numpy as np

from fivenets.core.errors import UserError

MAX_ROUNDS = 300  # it settles in some twenty


def shape_iou(sides: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, k) IoU of boxes (n, 2) and (k, 2) of width and height, laid upon one centre."""
    narrower = np.minimum(sides[:, None], others[None])
    intersection = narrower[..., 0] * narrower[..., 1]
    areas, other_areas = sides.prod(axis=1), others.prod(axis=1)
    return intersection / (areas[:, None] + other_areas[None] - intersection)


def fit(sides: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(count, 2) widths and heights, small to large (Redmon & Farhadi 2017, section 2).

    By Euclidean distance large boxes would err more than small ones. A cluster's new centre is the
    median of its boxes, which bears stray annotations better than their mean.

    Args: sides: (n, 2) of all annotated boxes, in one unit.
    Raises: UserError where fewer than `count` boxes differ in shape.
    """
    sides = np.asarray(sides, float).reshape(-1, 2)
    distinct = np.unique(sides, axis=0)
    if len(distinct) < count:
        raise UserError(
            f"{count} anchors need at least as many boxes of different shapes, "
            f"{len(distinct)} were received"
        )
    centres = distinct[np.random.default_rng(seed).permutation(len(distinct))[:count]]
    nearest = np.full(len(sides), -1)
    for _ in range(MAX_ROUNDS):
        before, nearest = nearest, shape_iou(sides, centres).argmax(axis=1)
        if (before == nearest).all():
            break
        centres = np.array(
            [
                np.median(sides[nearest == index], axis=0) if (nearest == index).any() else centre
                for index, centre in enumerate(centres)
            ]
        )
    return centres[np.argsort(centres.prod(axis=1))]
