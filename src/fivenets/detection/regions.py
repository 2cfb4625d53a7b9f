"""`[region]` and `[yolo]`: how the raw output of the layer before them is read as boxes.

Sources: pjreddie/darknet, src/region_layer.c and src/yolo_layer.c; `scale_x_y` and `new_coords` are
of AlexeyAB/darknet, src/yolo_layer.c.
"""

import math
from dataclasses import dataclass

from fivenets.detection.sections import Section
from fivenets.detection.shapes import Shape

KINDS = ("region", "yolo")


@dataclass(frozen=True)
class Region:
    """How the raw output of one scale is read: see `boxes.decode`."""

    anchors: tuple[tuple[float, float], ...]  # width, height in grid cells
    classes: int
    softmax: bool  # over classes; else a logistic function of each
    scale_xy: float = 1.0  # of a midpoint's way through its cell, about the cell's middle
    new_coords: bool = False  # raw outputs are activated already, and sides are squares


def read(section: Section, shape: Shape, input_shape: Shape) -> Region:
    """The region that a section describes, over the raw output of `shape`.

    Raises: UserError where anchors, mask, classes and the layer before disagree.
    """
    classes = section.integer("classes", 20, at_least=1)
    anchors = _anchors(section)
    if section.kind == "yolo":
        # Pixels of the network's input; those of [region] are cells already.
        across, down = shape[1] / input_shape[1], shape[0] / input_shape[0]
        anchors = tuple((across * width, down * height) for width, height in anchors)
    needed = len(anchors) * (5 + classes)
    if shape[2] != needed:
        raise section.error(
            f"{len(anchors)} anchors of 5 + {classes} numbers need {needed} channels, "
            f"the layer before gives {shape[2]}: its filters and classes disagree"
        )
    if section.kind == "region":
        return Region(anchors, classes, bool(section.integer("softmax", 0)))
    scale = section.number("scale_x_y", 1.0)
    if not 0 < scale < math.inf:
        raise section.error(f"scale_x_y should be a positive number, it is {scale:g}")
    return Region(anchors, classes, False, scale, bool(section.integer("new_coords", 0)))


def _anchors(section: Section) -> tuple[tuple[float, float], ...]:
    count = section.integer("num", 1, at_least=1)
    sides = section.floats("anchors")
    if len(sides) != 2 * count or not all(0 < side < math.inf for side in sides):
        raise section.error(f"anchors should be {2 * count} positive numbers (num={count})")
    pairs = tuple(zip(sides[::2], sides[1::2], strict=True))
    if section.kind == "region":
        return pairs
    chosen = section.floats("mask")
    if not all(place.is_integer() and 0 <= place < count for place in chosen):
        raise section.error(
            f"mask should be numbers of anchors, 0 to {count - 1}, it is {section.shown('mask')}"
        )
    return tuple(pairs[int(place)] for place in chosen) or pairs
