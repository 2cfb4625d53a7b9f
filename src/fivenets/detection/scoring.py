"""What a detector is worth on pictures whose objects are known: precision, curves, speed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from fivenets.core.errors import UserError
from fivenets.core.lettering import colour_of, in_figure
from fivenets.core.metrics import calibration_error
from fivenets.datasets.objects.prepared import ObjectDataset, ObjectExample
from fivenets.detection import precision
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detection, Detector
from fivenets.detection.precision import Objects, Ranking
from fivenets.sources.origin import Origin, in_words

LEAST_SCORE = 0.1  # that is asked whether it is a probability: most boxes have next to none
CURVE_POINTS = 200  # of each class in curves.csv; the rest look the same


@dataclass(frozen=True)
class Scored:
    """What a detector is worth on the pictures of one data set."""

    origin: Origin
    metrics: dict[str, Any]
    ranked: dict[str, Ranking]

    def record(self) -> dict[str, Any]:
        """The metrics, and what they are of."""
        return {**self.metrics, "scored_on": [self.origin.record()]}

    def in_words(self) -> str:
        """For the results table, where another set's metrics lead."""
        return f"ap50 {self.metrics['ap50']:.3f} on {in_words([self.origin])}"


def by_source(detector: Detector, data: ObjectDataset) -> list[Scored]:
    """The scores on each data set with objects to find, in the order of the settings."""
    scored = []
    for name, origin in data.origin_of.items():
        examples = [one for one in data.test if one.source == name]
        if not all(one.is_difficult.all() for one in examples):
            truth = truth_of(examples)
            found = as_objects(detect(detector, examples), detector.labels)
            ranked = rankings(truth, found, detector.labels)
            numbers = metrics(truth, found, ranked)
            pixels = [one.image_rgb_uint8[..., 0].size for one in examples]
            numbers |= {"by_size": precision.coco_by_size(truth, found, pixels)}
            scored.append(Scored(origin, numbers, ranked))
    return scored


def truth_of(examples: Sequence[ObjectExample]) -> list[Objects]:
    """The known objects of each picture, in its pixels."""
    found = []
    for one in examples:
        height, width = one.image_rgb_uint8.shape[:2]
        boxes = one.boxes_xyxy * np.array([width, height, width, height])
        found.append(precision.known(boxes, one.classes, one.is_difficult))
    return found


def detect(detector: Detector, examples: Sequence[ObjectExample]) -> list[list[Detection]]:
    """What is found in each picture by the benchmark profile, best first."""
    profile = PROFILES["benchmark"]
    return [detector.detect_in(one.image_rgb_uint8, profile) for one in examples]


def as_objects(found: Sequence[Sequence[Detection]], labels: Sequence[str]) -> list[Objects]:
    """Detections in the form that `precision` takes."""
    return [
        precision.detected(
            [(one.x1, one.y1, one.x2, one.y2) for one in objects],
            [labels.index(one.label) for one in objects],
            [one.score for one in objects],
        )
        for objects in found
    ]


def rankings(
    truth: Sequence[Objects], found: Sequence[Objects], labels: Sequence[str]
) -> dict[str, Ranking]:
    """Each class that occurs, with all its detections judged at IoU 0.5."""
    ranked = {label: precision.rank(truth, found, index) for index, label in enumerate(labels)}
    return {label: ranking for label, ranking in ranked.items() if ranking.objects.sum()}


def metrics(truth: Sequence[Objects], found: Sequence[Objects], ranked: dict[str, Ranking]) -> dict:
    """ap50 (VOC's all-point, mean over classes) with its interval; VOC 2007 and COCO metrics; how
    far scores are from being probabilities.

    Raises: UserError where no object counts.
    """
    if not ranked:
        raise UserError("there is nothing to find: expected objects that are not marked difficult")
    curves = {label: ranking.curve() for label, ranking in ranked.items()}
    by_class = {label: precision.voc_average_precision(*curve) for label, curve in curves.items()}
    voc07 = float(np.mean([precision.voc07_average_precision(*curve) for curve in curves.values()]))
    samples = precision.bootstrap(list(ranked.values()))
    low, high = precision.interval(samples)
    coco = precision.coco_average_precision(truth, found)
    return {
        "ap50": float(np.mean(list(by_class.values()))),
        "ap50_low": low,
        "ap50_high": high,
        "voc07_ap50": voc07,
        **{f"coco_{name}": value for name, value in coco.items()},
        "score_error": score_error(list(ranked.values())),
        "examples": len(truth),
        "objects": int(sum(ranking.objects.sum() for ranking in ranked.values())),
        "by_class": {
            label: {"ap50": ap50, **_of_class(ranked[label], samples[:, [at]])}
            for at, (label, ap50) in enumerate(by_class.items())
        },
    }


def score_error(ranked: Sequence[Ranking]) -> float | None:
    """Expected calibration error of scores from LEAST_SCORE on: of boxes that score 0.7, seven in
    ten should be right. None where there are none.
    """
    scores = np.concatenate([ranking.scores for ranking in ranked])
    hits = np.concatenate([ranking.hits for ranking in ranked])
    counts = (scores >= LEAST_SCORE) & (hits >= 0)
    return calibration_error(scores[counts], hits[counts]) if counts.any() else None


def _of_class(ranking: Ranking, samples: np.ndarray) -> dict[str, Any]:
    low, high = precision.interval(samples)
    return {"ap50_low": low, "ap50_high": high, "objects": int(ranking.objects.sum())}


def also(metrics: dict[str, Any]) -> str:
    """What the results table says beside AP50."""
    classes, sizes = (
        ", ".join(f"{name} {row['ap50']:.2f}" for name, row in metrics.get(group, {}).items())
        for group in ("by_class", "by_size")
    )
    known = metrics["score_error"]
    error = "" if known is None else f"; scores are {known:.2f} from the share that is right"
    return (
        f"{classes}; {sizes and f'by size {sizes}; '}VOC 2007 {metrics['voc07_ap50']:.3f}, "
        f"COCO AP {metrics['coco_ap']:.3f}, over {metrics['objects']} objects{error}"
    )


def curve_rows(ranked: dict[str, Ranking]) -> list[dict[str, Any]]:
    """class, score, recall and precision along each class' curve, at most CURVE_POINTS a class."""
    rows = []
    for label, ranking in ranked.items():
        recall, precisions = ranking.curve()
        points = np.unique(np.linspace(0, len(recall) - 1, CURVE_POINTS).astype(int))
        for point in points if len(recall) else []:
            row = {"class": label, "score": float(ranking.scores[point])}
            rows.append(
                row | {"recall": float(recall[point]), "precision": float(precisions[point])}
            )
    return rows


def curves(ranked: dict[str, Ranking]) -> Figure:
    """Precision over recall, one line a class."""
    figure, axes = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
    for index, (label, ranking) in enumerate(ranked.items()):
        recall, precisions = ranking.curve()
        value = precision.voc_average_precision(recall, precisions)
        red, green, blue = colour_of(index)
        name = f"{in_figure(label)}: AP50 {value:.3f} ({ranking.objects.sum()} objects)"
        axes.plot(recall, precisions, label=name, color=(red / 255, green / 255, blue / 255))
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", frameon=False)
    return figure
