"""Raw output -> boxes: decode, filter, suppress, back to pixels. Arrays in, arrays out.

`boxes_xyxy` are (n, 4): left, top, right, bottom. `scores` are p_c * class probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its modules are imported where they are used

from fivenets.core.errors import UserError
from fivenets.detection.regions import Region


@dataclass(frozen=True)
class Profile:
    """What counts as a detection.

    A demonstration wants few sure boxes; a benchmark integrates over all scores, wants every class
    of every box, and lets classes suppress only their own.
    """

    score_threshold: float  # 0..1
    iou_threshold: float  # 0..1; of two boxes above it, the lower score goes
    best_class_only: bool  # of each box
    per_class: bool  # suppression within classes; else a box suppresses boxes of any class


PROFILES = {
    "course": Profile(0.6, 0.5, best_class_only=True, per_class=False),
    "benchmark": Profile(0.001, 0.45, best_class_only=False, per_class=True),
}


def profile(name: str, score_threshold: float | None = None) -> Profile:
    """A named profile, with another score threshold where one is given.

    Raises: UserError for another name, or a threshold outside of 0..1.
    """
    if name not in PROFILES:
        raise UserError(f"profile should be one of {', '.join(PROFILES)}, it is {name!r}")
    if score_threshold is None:
        return PROFILES[name]
    if not 0 <= score_threshold <= 1:
        raise UserError(f"score threshold should lie in 0..1, it is {score_threshold:g}")
    return replace(PROFILES[name], score_threshold=score_threshold)


def decode(
    raw: np.ndarray, region: Region, least_confidence: float = -np.inf
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The raw output of one picture at one scale, read as Darknet reads it.

    Redmon & Farhadi 2017, section 2, and 2018, section 2.1; src/region_layer.c and yolo_layer.c.

    Args: raw: (rows, columns, anchors * (5 + classes)): x, y, w, h, p_c, classes of each anchor.
        least_confidence: p_c below which boxes are left out, by default none, not even of NaN; no
            score is above its box's p_c.
    Returns: boxes_xyxy (n, 4) with 1 as the network input's width and height, box_confidence (n,),
        class_probabilities (n, classes); n <= rows * columns * anchors, anchors fastest.
    """
    rows, columns = raw.shape[:2]
    shape = (rows, columns, len(region.anchors), 5 + region.classes)
    cells = raw.astype(np.float32).reshape(shape)
    logistic = np.asarray if region.new_coords else scipy.special.expit
    confidence = logistic(cells[..., 4])
    row, column, anchor = np.nonzero(~(confidence < least_confidence))
    chosen = cells[row, column, anchor]
    # A scale widens the way of a midpoint through its cell, about the cell's middle.
    inside = logistic(chosen[:, :2]) * region.scale_xy - (region.scale_xy - 1) / 2
    size = np.array([columns, rows], np.float32)
    centres = (np.stack([column, row], axis=-1) + inside.astype(np.float32)) / size
    stretch = (2 * chosen[:, 2:4]) ** 2 if region.new_coords else np.exp(chosen[:, 2:4])
    sides = stretch * np.array(region.anchors, np.float32)[anchor] / size
    boxes_xyxy = np.concatenate([centres - sides / 2, centres + sides / 2], axis=-1)
    logits = chosen[:, 5:]
    classes = scipy.special.softmax(logits, axis=-1) if region.softmax else logistic(logits)
    return boxes_xyxy, confidence[row, column, anchor], classes


def iou(boxes_xyxy: np.ndarray, others_xyxy: np.ndarray) -> np.ndarray:
    """Intersection over union of each box (..., 4) with each other (..., 4), broadcast; 0..1."""
    intersection = _intersection(boxes_xyxy, others_xyxy)
    union = area(boxes_xyxy) + area(others_xyxy) - intersection
    return intersection / np.maximum(union, np.finfo(np.float32).tiny)


def inside(boxes_xyxy: np.ndarray, others_xyxy: np.ndarray) -> np.ndarray:
    """The part of each box (..., 4) that lies in each other (..., 4), broadcast; 0..1."""
    intersection = _intersection(boxes_xyxy, others_xyxy)
    return intersection / np.maximum(area(boxes_xyxy), np.finfo(np.float32).tiny)


def _intersection(boxes_xyxy: np.ndarray, others_xyxy: np.ndarray) -> np.ndarray:
    corner = np.maximum(boxes_xyxy[..., :2], others_xyxy[..., :2])
    sides = np.maximum(np.minimum(boxes_xyxy[..., 2:], others_xyxy[..., 2:]) - corner, 0)
    return sides[..., 0] * sides[..., 1]


def area(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Areas (...,) of boxes (..., 4); 0 for a box whose corners are crossed."""
    sides = np.maximum(boxes_xyxy[..., 2:] - boxes_xyxy[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def is_visible(box_xyxy: np.ndarray) -> bool:
    """Whether a box (4,) in pixels is more than one wide and high; else it may round to nothing."""
    return bool((box_xyxy[2:] - box_xyxy[:2] > 1).all())


def select(
    box_confidence: np.ndarray, class_probabilities: np.ndarray, profile: Profile
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which boxes score enough: (indices of boxes, classes, scores), each (k,), in no order."""
    scores = box_confidence[:, None] * class_probabilities
    if profile.best_class_only:
        classes = scores.argmax(axis=1)
        best = scores[np.arange(len(scores)), classes]
        indices = np.flatnonzero(best >= profile.score_threshold)
        return indices, classes[indices], best[indices]
    indices, classes = np.nonzero(scores >= profile.score_threshold)
    return indices, classes, scores[indices, classes]


def suppress(
    boxes_xyxy: np.ndarray, scores: np.ndarray, classes: np.ndarray, profile: Profile
) -> np.ndarray:
    """Indices of the boxes that stay after greedy non-max suppression, the highest score first.

    boxes_xyxy: (k, 4); scores, classes: (k,).
    """
    groups = [np.flatnonzero(classes == label) for label in np.unique(classes)]
    if not profile.per_class:
        groups = [np.arange(len(scores))]
    kept = [group[_suppress(boxes_xyxy[group], scores[group], profile)] for group in groups]
    indices = np.concatenate([*kept, np.zeros(0, np.int64)]).astype(np.int64)
    return indices[np.argsort(-scores[indices], kind="stable")]


def _suppress(boxes_xyxy: np.ndarray, scores: np.ndarray, profile: Profile) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    areas = area(boxes_xyxy[order])
    # Column by column: hundreds of calls of `iou` take two to three times as long.
    left, top, right, bottom = np.ascontiguousarray(boxes_xyxy[order].T)
    stays = np.ones(len(order), bool)
    for best in range(len(order)):
        if stays[best]:
            rest = slice(best + 1, None)
            width = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
            height = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
            shared = np.maximum(width, 0) * np.maximum(height, 0)
            union = np.maximum(areas[best] + areas[rest] - shared, np.finfo(np.float32).tiny)
            stays[rest] &= shared / union <= profile.iou_threshold
    return order[stays]


def detections(
    raws: Sequence[np.ndarray], regions: Sequence[Region], profile: Profile
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """boxes_xyxy (k, 4) in parts of the network's input, classes (k,), scores (k,), best first.

    raws: of one picture, for each scale what `decode` takes.
    """
    decoded = [
        decode(raw, region, profile.score_threshold)
        for raw, region in zip(raws, regions, strict=True)
    ]
    boxes_xyxy, box_confidence, class_probabilities = map(
        np.concatenate, zip(*decoded, strict=True)
    )
    indices, classes, scores = select(box_confidence, class_probabilities, profile)
    kept = suppress(boxes_xyxy[indices], scores, classes, profile)
    return boxes_xyxy[indices[kept]], classes[kept], scores[kept]
