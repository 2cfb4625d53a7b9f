"""Average precision against known boxes: VOC 2007, VOC 2010 and COCO, and the curves behind them.

One class at a time: a detection is right if it overlaps an object enough that no better-scored
detection has taken. COCO's numbers come from pycocotools, the reference implementation.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fivenets.core.errors import UserError
from fivenets.detection import boxes

LEAST_IOU = 0.5  # with an object, of a detection that finds it
COCO_PIXELS = 640 * 480  # of most of its pictures
SIZES = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, np.inf)}  # areas in pixels


@dataclass(frozen=True)
class Objects:
    """What is in one picture, known or detected; `scores` count for detections only."""

    boxes_xyxy: np.ndarray  # (n, 4) in pixels
    classes: np.ndarray  # (n,) integers
    scores: np.ndarray  # (n,)
    difficult: np.ndarray  # (n,) bool: neither finding nor missing these counts


def known(boxes_xyxy: ArrayLike, classes: ArrayLike, difficult: ArrayLike | None = None) -> Objects:
    """Annotated objects of one picture as `Objects`. Raises: UserError for a box without area."""
    corners = np.asarray(boxes_xyxy, float).reshape(-1, 4)
    flat = np.flatnonzero(boxes.area(corners) <= 0)
    if len(flat):
        raise UserError(f"an annotated box has no area: {corners[flat[0]].tolist()}")
    hard = np.zeros(len(corners)) if difficult is None else difficult
    scores = np.ones(len(corners))
    return Objects(corners, np.asarray(classes, int), scores, np.asarray(hard, bool))


def detected(boxes_xyxy: ArrayLike, classes: ArrayLike, scores: ArrayLike) -> Objects:
    """Detections in one picture as `Objects`."""
    corners = np.asarray(boxes_xyxy, float).reshape(-1, 4)
    none = np.zeros(len(corners), bool)
    return Objects(corners, np.asarray(classes, int), np.asarray(scores, float), none)


@dataclass(frozen=True)
class Ranking:
    """All detections of one class, best first, and how many objects of it each picture has."""

    pictures: np.ndarray  # (k,) the picture of each detection
    scores: np.ndarray  # (k,)
    hits: np.ndarray  # (k,) 1 right, 0 wrong, -1 of a difficult object, which does not count
    objects: np.ndarray  # (n,) of each picture, without the difficult ones

    def curve(self, times: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Recall and precision (k,) after each detection.

        times: (n,) how often each picture counts, as in a bootstrap sample; by default once.
        """
        times = np.ones(len(self.objects), int) if times is None else times
        weights = times[self.pictures]
        right, wrong = (np.cumsum(weights * (self.hits == hit)) for hit in (1, 0))
        recall = right / max(int(times @ self.objects), 1)
        return recall, right / np.maximum(right + wrong, 1)


def rank(truth: Sequence[Objects], found: Sequence[Objects], label: int) -> Ranking:
    """The detections of one class over all pictures, judged.

    Objects marked difficult are left out on both sides, as in VOC's development kit; so is what
    lies mostly in one, as in COCO's crowds: several cars may stand behind one box.
    """
    judged = [_hits(*pair, label) for pair in zip(truth, found, strict=True)]
    scores = np.concatenate([scores for scores, _ in judged] or [np.zeros(0)])
    hits = np.concatenate([hits for _, hits in judged] or [np.zeros(0)])
    pictures = np.repeat(np.arange(len(judged)), [len(scores) for scores, _ in judged])
    objects = np.array([((one.classes == label) & ~one.difficult).sum() for one in truth], int)
    order = np.argsort(-scores, kind="stable")
    return Ranking(pictures[order], scores[order], hits[order], objects)


def bootstrap(rankings: Sequence[Ranking], repeats: int = 1000) -> np.ndarray:
    """(repeats, classes) average precision over samples, with replacement, of the pictures.

    A picture's objects go together: they are no independent draws. NaN for a class that a sample
    has none of.
    """
    rng, count = np.random.default_rng(0), len(rankings[0].objects)
    found = np.full((repeats, len(rankings)), np.nan)
    for sample in found:
        times = np.bincount(rng.integers(count, size=count), minlength=count)
        for at, ranking in enumerate(rankings):
            if times @ ranking.objects:
                sample[at] = voc_average_precision(*ranking.curve(times))
    return found


def interval(samples: np.ndarray) -> tuple[float, float]:
    """95% interval of the mean over classes of `bootstrap`'s (repeats, classes)."""
    held = samples[~np.isnan(samples).all(axis=1)]
    low, high = np.percentile(np.nanmean(held, axis=1), [2.5, 97.5])
    return float(low), float(high)


def voc07_average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """Mean over recalls 0, 0.1, ... 1 of the highest precision at that recall or above."""
    # Recalls such as 3/10 miss a grid point of 0.3 by rounding.
    points = [precision[recall >= point / 10 - 1e-9].max(initial=0) for point in range(11)]
    return float(np.mean(points))


def voc_average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """Area under precision made monotonic, over all recalls (VOC from 2010 on)."""
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * envelope))


def coco_average_precision(truth: Sequence[Objects], found: Sequence[Objects]) -> dict[str, float]:
    """COCO's AP over IoU 0.50:0.95, and at 0.50 and at 0.75.

    Difficult objects are its crowds: to miss one is no mistake, nor is any box that lies in one.
    """
    evaluation = _coco(truth, found)
    values = evaluation.stats[:3] if evaluation else (0, 0, 0)
    return dict(zip(("ap", "ap50", "ap75"), map(float, values), strict=True))


def coco_by_size(
    truth: Sequence[Objects], found: Sequence[Objects], pixels: Sequence[int]
) -> dict[str, dict[str, float]]:
    """COCO's AP, and AP at IoU 0.50, of small, medium and large objects; sizes without any are out.

    COCO's limits, areas of 32 and 96 pixels squared, are for its own pictures, which are mostly of
    640x480 pixels: they are taken as the same part of whatever picture.
    Args: pixels: of each picture.
    """
    zooms = [(COCO_PIXELS / count) ** 0.5 for count in pixels]
    scaled = [
        [
            replace(one, boxes_xyxy=one.boxes_xyxy * zoom)
            for one, zoom in zip(side, zooms, strict=True)
        ]
        for side in (truth, found)
    ]
    evaluation = _coco(*scaled)
    areas = np.concatenate([boxes.area(one.boxes_xyxy)[~one.difficult] for one in scaled[0]])
    by_size = {}
    for size, (low, high) in SIZES.items():
        if objects := int(((areas >= low) & (areas < high)).sum()):
            at = evaluation.params.areaRngLbl.index(size) if evaluation else 0
            # IoU thresholds, recalls, classes, sizes, detections a picture; -1: none of that class
            values = (
                evaluation.eval["precision"][:, :, :, at, -1] if evaluation else np.zeros((1, 1))
            )
            ap, ap50 = (float(part[part > -1].mean()) for part in (values, values[0]))
            by_size[size] = {"ap": ap, "ap50": ap50, "objects": objects}
    return by_size


def _coco(truth: Sequence[Objects], found: Sequence[Objects]) -> Any:
    """pycocotools' evaluation; None where nothing is found, of which it makes an error."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    if not any(len(one.scores) for one in found):
        return None
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
        reference: Any = COCO()
        labels = np.unique(np.concatenate([one.classes for one in truth]))
        reference.dataset = {
            "images": [{"id": index} for index in range(len(truth))],
            "categories": [{"id": int(label)} for label in labels],
            "annotations": _annotations(truth),
        }
        reference.createIndex()
        rows = [
            {**row, "score": float(score)}
            for row, score in zip(
                _annotations(found), np.concatenate([one.scores for one in found]), strict=True
            )
        ]
        evaluation = COCOeval(reference, reference.loadRes(rows), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _hits(truth: Objects, found: Objects, label: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores (k,) of one picture's detections of a class, and 1 right, 0 wrong, -1 uncounted."""
    mine = found.classes == label
    order = np.argsort(-found.scores[mine], kind="stable")
    candidates, scores = found.boxes_xyxy[mine][order], found.scores[mine][order]
    objects, difficult = (
        part[truth.classes == label] for part in (truth.boxes_xyxy, truth.difficult)
    )
    overlaps = boxes.iou(candidates[:, None], objects[None])
    inside = boxes.inside(candidates[:, None], objects[difficult][None]).max(axis=1, initial=0)
    taken, hits = np.zeros(len(objects), bool), -(inside >= LEAST_IOU).astype(float)
    for index in range(len(candidates) if len(objects) else 0):
        best = int(overlaps[index].argmax())
        if overlaps[index, best] < LEAST_IOU:
            continue
        hits[index] = -1 if difficult[best] else float(not taken[best])
        taken[best] = True
    return scores, hits


def _annotations(pictures: Sequence[Objects]) -> list[dict]:
    rows = []
    for image, objects in enumerate(pictures):
        for box, label, is_difficult in zip(
            objects.boxes_xyxy, objects.classes, objects.difficult, strict=True
        ):
            left, top, right, bottom = map(float, box)
            sides = [right - left, bottom - top]
            row = {"image_id": image, "category_id": int(label), "bbox": [left, top, *sides]}
            row |= {"area": sides[0] * sides[1], "iscrowd": int(is_difficult)}
            # Identifiers start at 1: pycocotools takes 0 for "no match".
            rows.append({**row, "id": len(rows) + 1})
    return rows
