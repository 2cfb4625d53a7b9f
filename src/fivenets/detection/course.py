"""The functions of the course's YOLO assignment under their own names, over `boxes`; the loss of
its lecture on localisation.

The course orders a box's corners y1, x1, y2, x2; here they are x1, y1, x2, y2 everywhere.
"""

import numpy as np

from fivenets.detection import boxes
from fivenets.detection.boxes import PROFILES, Profile

COURSE = PROFILES["course"]
Detections = tuple[np.ndarray, np.ndarray, np.ndarray]  # scores (k,), boxes (k, 4), classes (k,)


def iou(box1: np.ndarray, box2: np.ndarray) -> float:
    """Intersection over union of two boxes of corners (x1, y1, x2, y2)."""
    return float(boxes.iou(np.asarray(box1, float), np.asarray(box2, float)))


def yolo_filter_boxes(
    box_confidence: np.ndarray,
    box_corners: np.ndarray,
    box_class_probs: np.ndarray,
    threshold: float = COURSE.score_threshold,
) -> Detections:
    """Boxes whose best class scores at least `threshold`, in the order of the grid.

    Args: box_confidence (..., 1), box_corners (..., 4), box_class_probs (..., classes), in the
        course (19, 19, 5, ...).
    """
    profile = Profile(threshold, 1.0, best_class_only=True, per_class=False)
    probabilities = np.asarray(box_class_probs).reshape(-1, np.shape(box_class_probs)[-1])
    kept, classes, scores = boxes.select(np.ravel(box_confidence), probabilities, profile)
    return scores, np.asarray(box_corners).reshape(-1, 4)[kept], classes


def yolo_non_max_suppression(
    scores: np.ndarray,
    box_corners: np.ndarray,
    classes: np.ndarray,
    max_boxes: int = 10,
    iou_threshold: float = COURSE.iou_threshold,
) -> Detections:
    """At most `max_boxes` boxes, best first; a box suppresses lesser ones of any class."""
    scores, box_corners, classes = map(np.asarray, (scores, box_corners, classes))
    profile = Profile(0.0, iou_threshold, best_class_only=True, per_class=False)
    kept = boxes.suppress(box_corners, scores, classes, profile)[:max_boxes]
    return scores[kept], box_corners[kept], classes[kept]


def yolo_eval(
    yolo_outputs: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    image_shape: tuple[float, float] = (720.0, 1280.0),
    max_boxes: int = 10,
    score_threshold: float = COURSE.score_threshold,
    iou_threshold: float = COURSE.iou_threshold,
) -> Detections:
    """Decoded outputs of one picture -> detections in pixels of a picture that was stretched.

    Args: yolo_outputs: box_confidence (..., 1), box_xy (..., 2) and box_wh (..., 2) with 1 as the
        picture's sides, box_class_probs (..., classes). image_shape: height, width in pixels.
    """
    box_confidence, box_xy, box_wh, box_class_probs = map(np.asarray, yolo_outputs)
    corners = np.concatenate([box_xy - box_wh / 2, box_xy + box_wh / 2], axis=-1)
    filtered = yolo_filter_boxes(box_confidence, corners, box_class_probs, score_threshold)
    height, width = image_shape
    scaled = filtered[1] * np.array([width, height, width, height])
    # Sides are scaled first, as in the course; IoU is the same before and after.
    return yolo_non_max_suppression(filtered[0], scaled, filtered[2], max_boxes, iou_threshold)


def localisation_loss(label: np.ndarray, guess: np.ndarray) -> float:
    """The squared error of p_c, b_x, b_y, b_h, b_w and the classes (5 + classes,).

    Of all of them where there is an object, else of p_c alone: the rest then says nothing.
    """
    squares = (np.asarray(label, float) - np.asarray(guess, float)) ** 2
    return float(squares.sum() if label[0] else squares[0])
