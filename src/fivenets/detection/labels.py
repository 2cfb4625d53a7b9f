"""Annotated boxes of a picture -> the label tensor that a YOLOv2 network learns from."""

import numpy as np

from fivenets.detection.anchors import shape_iou

IGNORED = -1  # in place of p_c


def label_tensor(
    boxes_xyxy: np.ndarray,
    classes: np.ndarray,
    anchors: np.ndarray,
    class_count: int,
    rows: int,
    columns: int,
    is_ignored: np.ndarray | None = None,
) -> np.ndarray:
    """(rows, columns, anchors, 5 + class_count) float32: x, y, w, h, p_c, one-hot class; else 0.

    An object belongs to the cell of its midpoint and, of that cell's anchors, to the one of highest
    IoU that no earlier object has taken; an object that finds all taken is left out. x, y: of the
    midpoint in its cell, 0..1; w, h: in cells. p_c: 1, or IGNORED with no class.

    Args: boxes_xyxy: (n, 4) in parts of the picture, 0..1. classes: (n,) integers.
        anchors: (k, 2) widths and heights in cells. is_ignored: (n,) bool, whether an object
        should be neither learned nor unlearned; these come last. By default none.
    """
    ignored = np.zeros(len(classes), bool) if is_ignored is None else np.asarray(is_ignored, bool)
    tensor = np.zeros((rows, columns, len(anchors), 5 + class_count), np.float32)
    cells_xyxy = np.asarray(boxes_xyxy, float).reshape(-1, 4) * [columns, rows, columns, rows]
    sides = cells_xyxy[:, 2:] - cells_xyxy[:, :2]
    midpoints = (cells_xyxy[:, 2:] + cells_xyxy[:, :2]) / 2
    # A midpoint on the right or lower edge of the picture lies in the last cell.
    corners = np.minimum(midpoints.astype(int), [columns - 1, rows - 1])
    preferred = np.argsort(-shape_iou(sides, np.asarray(anchors)), axis=1, kind="stable")
    for index in np.argsort(ignored, kind="stable"):
        column, row = corners[index]
        free = [anchor for anchor in preferred[index] if not tensor[row, column, anchor, 4]]
        if free:
            cell = tensor[row, column, free[0]]
            cell[:2] = midpoints[index] - (column, row)
            cell[2:4] = sides[index]
            if ignored[index]:
                cell[4] = IGNORED
            else:
                cell[4] = cell[5 + classes[index]] = 1
    return tensor
