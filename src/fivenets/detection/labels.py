"""Annotated boxes of a picture -> the label tensor that a YOLOv2 network learns from."""

import numpy as np

from fivenets.detection.anchors import shape_iou


def label_tensor(
    boxes_xyxy: np.ndarray,
    classes: np.ndarray,
    anchors: np.ndarray,
    class_count: int,
    rows: int,
    columns: int,
) -> np.ndarray:
    """(rows, columns, anchors, 5 + class_count) float32: x, y, w, h, p_c, one-hot class; else 0.

    An object belongs to the cell of its midpoint and, of that cell's anchors, to the one of highest
    IoU that no earlier object has taken; an object that finds all taken is left out. x, y: of the
    midpoint in its cell, 0..1; w, h: in cells.

    Args: boxes_xyxy: (n, 4) in parts of the picture, 0..1. classes: (n,) integers.
        anchors: (k, 2) widths and heights in cells.
    """
    tensor = np.zeros((rows, columns, len(anchors), 5 + class_count), np.float32)
    cells_xyxy = np.asarray(boxes_xyxy, float).reshape(-1, 4) * [columns, rows, columns, rows]
    sides = cells_xyxy[:, 2:] - cells_xyxy[:, :2]
    midpoints = (cells_xyxy[:, 2:] + cells_xyxy[:, :2]) / 2
    # A midpoint on the right or lower edge of the picture lies in the last cell.
    corners = np.minimum(midpoints.astype(int), [columns - 1, rows - 1])
    preferred = np.argsort(-shape_iou(sides, np.asarray(anchors)), axis=1, kind="stable")
    for index, (column, row) in enumerate(corners):
        free = [anchor for anchor in preferred[index] if not tensor[row, column, anchor, 4]]
        if free:
            cell = tensor[row, column, free[0]]
            cell[:2] = midpoints[index] - (column, row)
            cell[2:4] = sides[index]
            cell[4] = cell[5 + classes[index]] = 1
    return tensor
