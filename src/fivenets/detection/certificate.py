"""Evidence that a converted network is the one that Darknet's files describe."""

from pathlib import Path
from typing import Any

import numpy as np

from fivenets.detection import boxes, engines
from fivenets.detection.boxes import Profile
from fivenets.detection.detector import Detector
from fivenets.detection.engines import Answer
from fivenets.detection.pictures import fit

RAW_TOLERANCE = 1e-4  # absolute, of float32 numbers before any activation
BOX_TOLERANCE = 0.01  # pixels of the network's input
MATCHING_SCORE = 1e-4  # of two detections that are the same box and class


def pictures_for(detector: Detector, photographs: list[np.ndarray], seed: int = 0) -> np.ndarray:
    """(n, height, width, 3) in 0..1: the photographs as the network sees them, and noise."""
    height, width, channels = detector.cfg.input_shape
    fitted = [fit(photograph, height, width, detector.resize) for photograph in photographs]
    noise = np.random.default_rng(seed).random((height, width, channels), np.float32)
    return np.stack([*fitted, noise])


def certify(
    detector: Detector, cfg_file: Path, weights_file: Path, photographs: list[np.ndarray]
) -> dict[str, Any]:
    """The record of a conversion: what was read, and how far each installed engine is from it.

    photographs: each (h, w, 3) uint8; noise is always added to them.
    """
    pictures = pictures_for(detector, photographs)
    answers = ask_all(cfg_file, weights_file, pictures)
    mine = engines.ours(detector.raw(pictures), detector.region)
    return {
        "cfg": cfg_file.name,
        "weights": weights_file.name,
        "parameters": detector.network.count_params(),
        "bytes_read": len(detector.to_weights()),
        "file_bytes": weights_file.stat().st_size,
        "header": str(detector.header),
        "engines": {
            name: {
                "max_abs_difference": float(np.abs(answer.raw - mine.raw).max()),
                "max_box_difference_px": _box_difference(answer, mine, *detector.cfg.input_shape),
            }
            for name, answer in answers.items()
        },
    }


def ask_all(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> dict[str, Answer]:
    """What each installed engine says about the pictures (n, height, width, 3) in 0..1."""
    return {
        name: engine(cfg_file, weights_file, pictures)
        for name, engine in engines.installed().items()
    }


def is_equal(record: dict[str, Any]) -> bool:
    """Whether at least one engine was asked and all agree within the tolerances."""
    return bool(record["engines"]) and all(
        engine["max_abs_difference"] <= RAW_TOLERANCE
        and engine["max_box_difference_px"] <= BOX_TOLERANCE
        for engine in record["engines"].values()
    )


def same_detections(answer: Answer, mine: Answer, profile: Profile) -> list[bool]:
    """For each picture, whether both come to the same boxes, classes and scores."""
    return [
        _is_same(_detections(answer, index, profile), _detections(mine, index, profile))
        for index in range(len(mine.raw))
    ]


def _detections(answer: Answer, index: int, profile: Profile) -> np.ndarray:
    """Rows (index of the box, class, score) of one picture, in the order of the boxes."""
    boxes_xyxy, scores = answer.boxes_xyxy[index], answer.scores[index]
    chosen, classes, values = boxes.select(np.ones(len(scores)), scores, profile)
    kept = boxes.suppress(boxes_xyxy[chosen], values, classes, profile)
    rows = np.column_stack([chosen[kept], classes[kept], values[kept]])
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]


def _is_same(rows: np.ndarray, others: np.ndarray) -> bool:
    return rows.shape == others.shape and bool(
        (rows[:, :2] == others[:, :2]).all()
        and np.abs(rows[:, 2] - others[:, 2]).max(initial=0) <= MATCHING_SCORE
    )


def _box_difference(answer: Answer, mine: Answer, height: int, width: int, _: int) -> float:
    """The largest distance of corresponding edges, in pixels of the network's input."""
    difference = (answer.boxes_xyxy - mine.boxes_xyxy) * np.array([width, height] * 2)
    return float(np.abs(difference).max())
