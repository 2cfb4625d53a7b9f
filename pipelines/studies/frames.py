"""How large a hand has to be in a picture, and of what aspect the picture may be.

    python pipelines/studies/frames.py [MODEL]

A hand that no model is trained on (`test_people` of hands) is laid over walls: at several sizes in
a square frame, and upright in the middle of frames of several aspects, eight tenths as high as
their shorter side. Prints what the registered MODEL, or a .keras file, makes of each, and keeps it
in reports/studies/frames.json.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fivenets.classification.classifier import Classifier
from fivenets.core import images, params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.classification import parts
from fivenets.datasets.classification.backgrounds import wall
from fivenets.datasets.classification.laying import Cutout, developed, laid_over
from fivenets.datasets.settings import DataSettings
from fivenets.runs import lookup, study

SIZES = ((0.3, 0.36), (0.36, 0.42), (0.42, 0.55), (0.55, 0.8), (0.8, 1.05))  # parts of the frame
ASPECTS = {"1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9, "3:4": 3 / 4, "9:16": 9 / 16}
SHORTER, HEIGHT = 360, 0.8  # pixels of a frame's shorter side, and the hand's part of it
SEED = 99

Pictures = list[tuple[np.ndarray, str]]  # (height, width, 3) uint8, and the sign


def main(model: str = "signs-cnn") -> None:
    settings = params.settings(DataSettings, "hands")
    part = parts.read("massey_digits", settings, params.load("data", "source"), Path("data/raw"))
    if part is None:
        raise UserError("massey_digits is unavailable: expected a mirror (FIVENETS_MIRROR)")
    hands = [
        (Cutout.of(one.image, part.goes_on), one.label)
        for one in part.pictures
        if one.person in settings.test_people
    ]
    classifier = lookup.load(Classifier.from_file, model)
    rng, row = np.random.default_rng(SEED), {}
    for low, high in SIZES:
        side = classifier.image_size
        seen: Pictures = [
            (developed(laid_over(hand, wall(side, rng), rng, (low, high)), rng), label)
            for hand, label in hands
        ]
        row[f"{low:g} to {high:g} of a square"] = _shares(classifier, seen)
    for name, aspect in ASPECTS.items():
        framed = [(_framed(hand, aspect, rng), label) for hand, label in hands]
        row[name] = _shares(classifier, framed)
    for name, shares in row.items():
        print(f"{name}: right {shares['right']:.3f}, rejected {shares['rejected']:.3f}")
    study.add_row("frames", {"model": model, "hands": len(hands), "frames": row})


def _framed(hand: Cutout, aspect: float, rng: np.random.Generator) -> np.ndarray:
    """The hand upright in the middle of a frame of that width by height."""
    width, height = round(SHORTER * max(aspect, 1)), round(SHORTER / min(aspect, 1))
    picture = wall(max(width, height), rng)[:height, :width].clip(0, 255)
    left, top, right, bottom = hand.box
    layer = hand.premultiplied[top:bottom, left:right]
    scale = HEIGHT * SHORTER / max(layer.shape[:2])
    layer = cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    y, x = (height - layer.shape[0]) // 2, (width - layer.shape[1]) // 2
    behind = picture[y : y + layer.shape[0], x : x + layer.shape[1]]
    behind[:] = layer[..., :3] + (1 - layer[..., 3:] / 255) * behind
    return picture.clip(0, 255).astype(np.uint8)


def _shares(classifier: Classifier, seen: Pictures) -> dict[str, float]:
    resized = [images.resize(picture, classifier.image_size) for picture, _ in seen]
    logits = classifier.logits(np.stack(resized))
    found = classifier.calibration.probabilities(logits).argmax(axis=1)
    right: list[Any] = [
        classifier.labels[index] == label for index, (_, label) in zip(found, seen, strict=True)
    ]
    rejected = classifier.calibration.is_rejected(logits)
    return {"right": round(float(np.mean(right)), 4), "rejected": round(float(rejected.mean()), 4)}


if __name__ == "__main__":
    stage.run(main)
