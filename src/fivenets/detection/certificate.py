"""Evidence that a converted network is the one that Darknet's files describe.

Two things are compared, which together lead from a user's picture file to boxes: what a network is
given for a file, by other decoders and Darknet's own fitting, and what it answers to given numbers.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.detection import boxes, engines, reading
from fivenets.detection.boxes import Profile
from fivenets.detection.converted import Converted
from fivenets.detection.engines import Answer
from fivenets.detection.witness import UnreadableError

RAW_TOLERANCE = 1e-4  # absolute, of float32 numbers before any activation
BOX_TOLERANCE = 0.01  # pixels of the network's input
INPUT_TOLERANCE = 1.0  # grey levels of 255: on average, and of a file without loss at any pixel
MATCHING_SCORE = 1e-4  # of two detections that are the same box and class
CANNOT_READ = "cannot_read"  # in place of an engine's numbers: why it is no witness


def pictures_for(detector: Converted, photographs: Sequence[images.ImageSource]) -> np.ndarray:
    """(n, height, width, channels) in 0..1: photographs as the network sees them, and noise."""
    fitted = [detector.fitted(images.read_image(photograph)) for photograph in photographs]
    noise = np.random.default_rng(0).random(detector.cfg.input_shape, np.float32)
    return np.stack([*fitted, noise])


def certify(
    detector: Converted,
    cfg_file: Path,
    weights_file: Path,
    photographs: Sequence[images.ImageSource],
) -> dict[str, Any]:
    """The record of a conversion: what was read, and how far each installed engine is from it.

    photographs: files, which every engine reads for itself, or arrays (h, w, 3) uint8; noise is
        always added to them.
    """
    pictures = pictures_for(detector, photographs)
    mine = engines.ours(detector.raw(pictures), detector.regions)
    inputs = input_differences(detector, photographs)
    compared = {}
    for name, answer in ask_all(cfg_file, weights_file, pictures).items():
        if isinstance(answer, str):
            compared[name] = {CANNOT_READ: answer}
            continue
        theirs, own = ([raw.shape for raw in one.raws] for one in (answer, mine))
        if theirs != own:
            raise UserError(
                f"{name} reads another network: it answers {theirs}, the converted one {own}"
            )
        by_scale = [
            float(np.abs(raw - others).max())
            for raw, others in zip(answer.raws, mine.raws, strict=True)
        ]
        found = {"max_abs_difference": max(by_scale), "max_abs_difference_by_scale": by_scale}
        if detector.regions:
            sides = detector.cfg.input_shape
            found["max_box_difference_px"] = _box_difference(answer, mine, *sides)
        compared[name] = found | inputs[name]
    return {
        "cfg": cfg_file.name,
        "weights": weights_file.name,
        "parameters": detector.network.count_params(),
        "bytes_read": len(detector.to_weights()),
        "file_bytes": weights_file.stat().st_size,
        "header": str(detector.header),
        "engines": compared,
    }


def input_differences(
    detector: Converted, photographs: Sequence[images.ImageSource]
) -> dict[str, dict[str, float]]:
    """How far each engine's input of the network is from ours, in grey levels, from the file on.

    Returns: by engine the largest mean of a file, and the largest difference at any pixel of the
        files without loss, of which noise of an odd size is always one.
    """
    height, width, _ = detector.cfg.input_shape
    size = (height * 2 // 3 + 9, width + 7, 3)
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    with tempfile.TemporaryDirectory() as scratch:
        files = reading.write([*photographs, noise], Path(scratch))
        mine = np.stack([detector.fitted(images.read_image(file)) for file in files])
        lossless = [reading.is_lossless(file) for file in files]
        found = {}
        for name, read in reading.installed().items():
            theirs = read(files, detector.cfg.input_shape, detector.resize)
            levels = 255 * np.abs(theirs - mine)
            found[name] = {
                "mean_input_difference_levels": float(levels.mean(axis=(1, 2, 3)).max()),
                "max_input_difference_levels": float(levels[lossless].max()),
            }
    return found


def ask_all(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> dict[str, Answer | str]:
    """What each engine says about (n, height, width, channels), or a sentence on why it cannot."""
    answers: dict[str, Answer | str] = {}
    for name, engine in engines.installed().items():
        try:
            answers[name] = engine(cfg_file, weights_file, pictures)
        except UnreadableError as error:
            answers[name] = str(error)
    return answers


def witnesses(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The engines that could read the network, with their numbers."""
    found = record["engines"].items()
    return {name: engine for name, engine in found if CANNOT_READ not in engine}


def is_equal(record: dict[str, Any]) -> bool:
    """Whether at least one engine testified and all that did agree within the tolerances."""
    return bool(witnesses(record)) and all(
        engine["max_abs_difference"] <= RAW_TOLERANCE
        and engine.get("max_box_difference_px", 0) <= BOX_TOLERANCE  # a classifier has no boxes
        and engine["mean_input_difference_levels"] <= INPUT_TOLERANCE
        and engine["max_input_difference_levels"] <= INPUT_TOLERANCE
        for engine in witnesses(record).values()
    )


def same_detections(answer: Answer, mine: Answer, profile: Profile) -> list[bool]:
    """For each picture, whether both come to the same boxes, classes and scores."""
    return [
        _is_same(_detections(answer, index, profile), _detections(mine, index, profile))
        for index in range(len(mine.scores))
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
    """The largest distance of corresponding edges, in pixels of the network's input.

    Edges outside of the picture are cut off first, as for a user: of a box some thousand pixels
    high a last digit of float32 is more than the tolerance.
    """
    ours, theirs = (np.clip(one.boxes_xyxy, 0, 1) for one in (mine, answer))
    return float(np.abs((theirs - ours) * np.array([width, height] * 2)).max())
