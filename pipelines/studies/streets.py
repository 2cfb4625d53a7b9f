"""What a detector is worth on each of CamVid's drives: AP50 by class, with intervals.

    python pipelines/studies/streets.py SPLIT [DATASET...]

SPLIT is validation while anything is chosen, and test at the end. Without data sets it is the
detector that the pipeline has trained; with them (as `scenes`, by which it is trained where CamVid
is unavailable) one is trained on these first, by the recipe of yolov2-compact as it is without a
mirror. Leaves numbers in reports/studies.
"""

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import images, params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.objects import camvid, preparation, prepared
from fivenets.datasets.objects.prepared import ObjectExample
from fivenets.datasets.objects.voc import Annotated
from fivenets.datasets.settings import ObjectSettings
from fivenets.detection import scoring
from fivenets.detection.detector import Detector
from fivenets.detection.settings import DetectorRecipe
from fivenets.detection.starting import started
from fivenets.detection.training import train
from fivenets.runs import study
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

MODEL, RAW = "yolov2-compact", Path("data/raw")


def main(split: str, *datasets: str) -> None:
    found = fetch(ASSETS["camvid"], RAW, "real")
    assert found is not None
    splits = camvid.read(found.folder).splits
    if split not in splits:
        raise UserError(f"expected one of {', '.join(splits)}, received {split}")
    file = Path("models", MODEL, MODEL, "model.keras")
    detector = _trained(list(datasets)) if datasets else Detector.from_file(file)
    by_drive: dict[str, list[Annotated]] = defaultdict(list)
    for one in splits[split]:
        by_drive[one.file.name.partition("_")[0]].append(one)
    drives = {"all": splits[split], **by_drive}
    numbers = {drive: _scores(detector, pictures) for drive, pictures in drives.items()}
    name = f"streets-{split}-{'+'.join(datasets) or MODEL}"
    study.write(name, {"command": study.command(), "by_drive": numbers})
    for drive, by_class in numbers.items():
        print(drive, *(f"{label} {row['ap50']:.3f}" for label, row in by_class.items()))


def _trained(datasets: list[str]) -> Detector:
    settings = ObjectSettings(dataset=datasets, train="train", test="test")
    recipe = params.settings(DetectorRecipe, MODEL, "train")
    with tempfile.TemporaryDirectory() as scratch:
        preparation.prepare(settings, "auto", Path(scratch, "data"), RAW)
        data = prepared.load(Path(scratch, "data"), settings)
        recipe, start = started(recipe, "builtin", RAW)
        detector, _ = train(data, recipe, Path(scratch, "checkpoints"), start=start)
    return detector


def _scores(detector: Detector, pictures: list[Annotated]) -> dict[str, dict[str, Any]]:
    """AP50 of each class that both CamVid and the detector know."""
    examples = [_example(one, detector.labels) for one in pictures]
    found = scoring.detect(detector.for_inference("float32"), examples)
    truth, objects = scoring.truth_of(examples), scoring.as_objects(found, detector.labels)
    ranked = scoring.rankings(truth, objects, detector.labels)
    return scoring.metrics(truth, objects, ranked)["by_class"]


def _example(one: Annotated, labels: tuple[str, ...]) -> ObjectExample:
    known = np.array([label in labels for label in one.labels], bool)
    classes = [labels.index(label) for label in one.labels if label in labels]
    boxes = np.clip(one.boxes_xyxy[known], 0, 1)
    is_difficult = np.array(one.is_difficult, bool)[known]
    return ObjectExample(images.read_image(one.file), boxes, np.array(classes, int), is_difficult)


if __name__ == "__main__":
    stage.run(main)
