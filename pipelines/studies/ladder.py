"""The ladder of detectors on the same drawn streets: `ladder.py [SCENES [TESTED]]`.

One classifier of windows, trained on crops of scenes, is slid window by window, slid by one
convolution, and put on the regions that selective search proposes, as in R-CNN; beside it YOLO, the
detector of models/yolov2-compact. A table of AP50 and milliseconds a picture, by the clock and of
processor time, which other work changes less, is printed and in reports/studies/ladder.json.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core import stage
from fivenets.core.errors import UserError
from fivenets.datasets.objects.prepared import ObjectExample
from fivenets.detection import scoring, window_classifier
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detection, Detector
from fivenets.detection.window_classifier import WindowClassifier
from fivenets.detection.windows import as_convolutions
from fivenets.drawn.scenes import Scene, render_scenes
from fivenets.drawn.street import CLASSES
from fivenets.fitting.fit import make_deterministic
from fivenets.runs import study

YOLO = Path("models/yolov2-compact/yolov2-compact/model.keras")
SEEDS, EPOCHS, BATCH_SIZE = {"train": 700, "test": 701}, 8, 64
ALONE = 2  # scenes that are asked window by window, which takes seconds each

Find = Callable[[np.ndarray], list[Detection]]


def main(scenes: str = "150", tested: str = "40") -> None:
    if not YOLO.is_file():
        raise UserError(f"{YOLO} is not there: expected `dvc repro train@yolov2-compact` before")
    known, asked = (
        list(render_scenes(int(count), SEEDS[split]))
        for split, count in (("train", scenes), ("test", tested))
    )
    start = time.perf_counter()
    classifier, crops = trained(known)
    print(f"{crops:,} crops learned in {time.perf_counter() - start:.0f} s", flush=True)
    turned = as_convolutions(classifier.network)
    alone = Timed(partial(window_classifier.one_by_one, classifier.network))
    at_once = Timed(partial(window_classifier.at_once, turned))
    difference = max(
        float(np.abs(chances(alone, scene) - chances(at_once, scene)).max())
        for scene in asked[:ALONE]
    )
    proposed = Timed(window_classifier.selective_search)
    yolo = Detector.from_file(YOLO).for_inference("float32")
    methods: dict[str, Find] = {
        "all windows by one convolution": lambda image: window_classifier.slide(
            classifier, image, at_once
        ),
        "windows on regions of selective search": lambda image: window_classifier.on_regions(
            classifier, image, proposed(image)
        ),
        "YOLO (yolov2-compact)": lambda image: yolo.detect_in(image, PROFILES["benchmark"]),
    }
    rows = {name: numbers(find, asked) for name, find in methods.items()}
    # Slid one by one they are the same windows and so the same objects: only the time is asked.
    one_by_one = partial(window_classifier.slide, classifier, answers=alone)
    rows = {
        "windows one by one": rows["all windows by one convolution"]
        | milliseconds(one_by_one, asked[:ALONE])
    } | rows
    alone.start()
    at_once.start()
    for scene in asked[:ALONE]:
        for answers in (alone, at_once):
            window_classifier.slide(classifier, scene.image_rgb_uint8, answers)
    found: dict[str, Any] = {
        "command": study.command(),
        "largest_difference": difference,
        # Of the network alone: what overlaps is suppressed in the same time.
        "times_as_fast": alone.seconds / at_once.seconds,
        "selective_search_cpu_ms": 1000 * proposed.seconds / (len(asked) + 1),  # one is asked twice
        "rows": rows,
    }
    study.write("ladder", found)
    for name, row in rows.items():
        print(
            f"{name}: AP50 {row['ap50']:.3f}, {row['cpu_ms']:.0f} ms of processor time a picture, "
            f"{row['ms']:.0f} by the clock"
        )
    print(f"of it selective search {found['selective_search_cpu_ms']:.0f} ms")
    print(f"probabilities apart by {difference:.1e} at most; one convolution is")
    print(
        f"{found['times_as_fast']:.0f} times as fast as batches of {window_classifier.BATCH_SIZE}"
    )


class Timed:
    """A way to ask about a picture, and the seconds of processor time that it has taken."""

    def __init__(self, ask: Callable[[np.ndarray], np.ndarray]):
        self.ask, self.seconds = ask, 0.0

    def start(self) -> None:
        self.seconds = 0.0

    def __call__(self, image_rgb_uint8: np.ndarray) -> np.ndarray:
        start = time.process_time()
        found = self.ask(image_rgb_uint8)
        self.seconds += time.process_time() - start
        return found


def chances(ask: Callable[[np.ndarray], np.ndarray], scene: Scene) -> np.ndarray:
    """(rows, columns, classes) probabilities of the windows of a scene at its own size."""
    return np.asarray(keras.ops.softmax(ask(scene.image_rgb_uint8)))


def trained(scenes: list[Scene]) -> tuple[WindowClassifier, int]:
    """A classifier of windows of these scenes, and how many it has seen."""
    make_deterministic(0)
    rng = np.random.default_rng(0)
    crops, labels = [], []
    for scene in scenes:
        found = window_classifier.crops(scene.image_rgb_uint8, scene.boxes_xyxy, scene.classes, rng)
        crops += found[0]
        labels += found[1]
    network = window_classifier.build(len(CLASSES))
    network.compile(
        optimizer=keras.optimizers.AdamW(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(np.stack(crops), np.array(labels), BATCH_SIZE, EPOCHS, verbose=0)  # pyright: ignore[reportArgumentType]
    boxes, classes = [one.boxes_xyxy for one in scenes], [one.classes for one in scenes]
    shapes = window_classifier.shapes_of(boxes, classes, len(CLASSES))
    return WindowClassifier(network, CLASSES, shapes), len(crops)


def numbers(find: Find, scenes: list[Scene]) -> dict[str, float]:
    """AP50 over the classes of drawn streets, and the time for a picture."""
    examples = [
        ObjectExample(
            one.image_rgb_uint8,
            one.boxes_xyxy / np.tile(one.image_rgb_uint8.shape[1::-1], 2),
            one.classes,
            np.zeros(len(one.classes), bool),
        )
        for one in scenes
    ]
    find(scenes[0].image_rgb_uint8)  # what is compiled at first is not timed
    answers: list[list[Detection]] = []
    taken = milliseconds(lambda image: answers.append(find(image)), scenes)
    known = [[one for one in found if one.label in CLASSES] for found in answers]
    truth, found = scoring.truth_of(examples), scoring.as_objects(known, CLASSES)
    scores = scoring.metrics(truth, found, scoring.rankings(truth, found, CLASSES))
    kept = ("ap50", "ap50_low", "ap50_high", "objects")
    return {key: scores[key] for key in kept} | taken


def milliseconds(find: Callable[[np.ndarray], Any], scenes: list[Scene]) -> dict[str, float]:
    """The mean for one of these pictures, by the clock and of processor time."""
    start, before = time.perf_counter(), time.process_time()
    for one in scenes:
        find(one.image_rgb_uint8)
    ms, cpu_ms = time.perf_counter() - start, time.process_time() - before
    return {"ms": 1000 * ms / len(scenes), "cpu_ms": 1000 * cpu_ms / len(scenes)}


if __name__ == "__main__":
    stage.run(main)
