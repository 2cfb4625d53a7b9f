"""A detector as it leaves the project: what Darknet gives to [region] or [yolo] out, by scale."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from fivenets.core import images, params
from fivenets.core.candidates import Candidate
from fivenets.datasets.objects import prepared
from fivenets.detection import boxes, precision, scoring, sources
from fivenets.detection.boxes import PROFILES, Profile
from fivenets.detection.detector import Detector
from fivenets.detection.pictures import to_pixels
from fivenets.detection.precision import Objects
from fivenets.exports.served import Outputs, Served, evenly, named
from fivenets.fitting import model_files

MOST = 60  # pictures of the test set
MEANING = (
    "before any activation; along the last axis, for each anchor: x, y, width, height, objectness "
    "and the classes, as Darknet gives them to [region] or [yolo]"
)


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by AP50; where no boxes are known, with those that Keras finds in their place."""
    detector = in_keras(file)
    height, width, _ = detector.cfg.input_shape
    pictures, truth, tested_on = _test_set(candidate, detector)
    inputs = np.stack([input_of(picture, detector) for picture in pictures])
    names = names_of(detector)

    def found(outputs: Outputs, profile: Profile) -> list[Objects]:
        objects = []
        for row, picture in enumerate(pictures):
            raws = [outputs[name][row] for name in names]
            corners, classes, scores = boxes.detections(raws, detector.regions, profile)
            pixels = to_pixels(corners, picture.shape, height, width, detector.resize)
            shown = np.array([boxes.is_visible(box) for box in pixels], bool)
            objects.append(precision.detected(pixels[shown], classes[shown], scores[shown]))
        return objects

    if truth is None:
        raws = detector.raw(inputs.astype(np.float32) / 255)
        truth = found(dict(zip(names, raws, strict=True)), PROFILES["course"])
    known = truth

    def ap50(outputs: Outputs) -> float:
        ranked = scoring.rankings(known, found(outputs, PROFILES["benchmark"]), detector.labels)
        curves = (ranking.curve() for ranking in ranked.values())
        return float(np.mean([precision.voc_average_precision(*curve) for curve in curves]))

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        first, second = (found(outputs, PROFILES["course"]) for outputs in (one, other))
        return agreement(first, second)

    return Served(
        network=network(detector),
        sides=(height, width),
        preparation=f"RGB, fitted into {height} by {width} by {detector.resize}, bilinear with "
        "corners aligned and rounded to 8 bits; what a letterbox leaves free is 127 or 128",
        meanings=dict.fromkeys(names, MEANING),
        also={"labels": list(detector.labels), "resize": detector.resize}
        | {"regions": [asdict(region) for region in detector.regions]},
        pictures=inputs,
        tested_on=tested_on,
        training=_training(candidate, detector, calibrating),
        metric="ap50",
        score=ap50,
        tolerance=0.02,
        apart=apart,
    )


def in_keras(file: Path) -> Detector:
    """With batch normalisation folded: formats know Keras' kind of it, and not Darknet's."""
    detector = Detector.from_file(file)
    detector.network = model_files.load(file)[0]
    return detector.for_inference("float32")


def network(detector: Detector) -> keras.Model:
    """(n, height, width, channels) uint8 -> the raw output of each scale."""
    return named(detector.network, 1, names_of(detector))


def names_of(detector: Detector) -> list[str]:
    """What the outputs are called."""
    return [f"scale_{number}" for number in range(1, len(detector.regions) + 1)]


def input_of(image_rgb_uint8: np.ndarray, detector: Detector) -> np.ndarray:
    """(height, width, channels) uint8."""
    return np.round(255 * detector.fitted(image_rgb_uint8)).astype(np.uint8)


def agreement(first: Sequence[Objects], second: Sequence[Objects]) -> dict[str, float]:
    """How many boxes two engines find, and the part of the first's that the second finds too."""
    shared = 0
    for one, other in zip(first, second, strict=True):
        overlap = boxes.iou(one.boxes_xyxy[:, None], other.boxes_xyxy[None])
        is_same = (overlap >= 0.5) & (one.classes[:, None] == other.classes[None])
        shared += int(is_same.any(axis=1).sum())
    counts = [sum(len(one.scores) for one in objects) for objects in (first, second)]
    return {
        "keras_boxes": counts[0],
        "export_boxes": counts[1],
        "same_boxes": shared / max(counts[0], 1),
    }


def _test_set(
    candidate: Candidate, detector: Detector
) -> tuple[list[np.ndarray], list[Objects] | None, str]:
    """Pictures, what is on them where that is known, and where they are from."""
    if candidate.scored_on is None:
        source = params.load("data", "source")
        found = sources.photographs(detector.trained_on, Path("data/raw"), source)
        return [images.read_image(one) for one in found], None, "photographs, by Keras' boxes"
    examples = evenly(prepared.of_section(candidate.scored_on).test, MOST)
    shown = [one.image_rgb_uint8 for one in examples]
    return shown, scoring.truth_of(examples), candidate.scored_on


def _training(candidate: Candidate, detector: Detector, count: int) -> list[np.ndarray]:
    """Pictures of what the project's own detector learns from, where this one's are not known."""
    if count == 0:
        return []  # also where the project's own are not there
    train = prepared.of_section(candidate.data or "objects").train
    return [input_of(one.image_rgb_uint8, detector) for one in evenly(train, count)]
