"""Image classification as the stages, the registry and the command line know it."""

import csv
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification import drawing, evaluation, imagenet
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import Evaluation, Recipe
from fivenets.classification.training import train
from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.core.words import interval
from fivenets.datasets import class_folders
from fivenets.datasets.classification import preparation, prepared
from fivenets.datasets.settings import DataSettings
from fivenets.fitting import distribution
from fivenets.sources.origin import Origin


def prepare(section: str, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set that a section of params.yaml names."""
    preparation.prepare(_settings(section), source, out, raw_dir)


def training(candidate: Candidate) -> Making:
    """A classifier by its recipe, from the prepared data."""
    recipe = params.settings(Recipe, candidate.name, "train")
    settings, data = _settings(str(candidate.data)), _data(candidate.data)
    wanted = recipe.network.get("weights") == "imagenet"
    weights = imagenet.fetch(params.load("data", "source"), Path("data/raw")) if wanted else None
    pretrained = partial(imagenet.load, file=weights.folder / imagenet.FILE) if weights else None
    origins = [Origin.of(data.source), *([weights.origin] if weights else [])]
    is_recorded = recipe.distribute != "multi_worker" or not distribution.worker_index()

    def make(log: Log) -> Rows:
        network, rows = train(data, recipe, candidate.checkpoints, log.log_epoch, pretrained)
        if is_recorded:
            Classifier(network, data.labels).save(candidate.file)
        else:
            shutil.rmtree(distribution.own_folder(candidate.checkpoints))
        return rows

    return Making(asdict(recipe) | {"data": asdict(settings)}, origins, make, is_recorded)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Numbers on the test split; leaves pictures of what is confused and with what."""
    data, classifier = _data(candidate.scored_on), Classifier.from_file(candidate.file)
    images, labels = data.arrays("test")
    seen = np.concatenate([data.arrays(split)[0] for split in ("train", "validation")])
    scoring = params.settings(Evaluation, candidate.name, "evaluate")
    is_twin = evaluation.near_duplicates(images, seen, **asdict(scoring))
    probabilities = classifier.probabilities(images)
    predicted = probabilities.argmax(axis=1)
    metrics = evaluation.evaluate(probabilities, labels, data.labels, is_twin)
    metrics["in_other_light"] = {
        light: float((classifier.probabilities(changed).argmax(axis=1) == labels).mean())
        for light, changed in evaluation.in_other_light(images).items()
    }
    unseen = metrics["without_near_duplicates"]
    light = ", ".join(f"{key} {value:.2f}" for key, value in metrics["in_other_light"].items())
    metrics["also"] = (
        f"{interval(unseen)} on the {unseen['examples']} without a near-duplicate; "
        f"in other light: {light}"
    )
    metrics["scored_on"] = [Origin.of(data.source).record()]
    metrics["parameters"] = classifier.network.count_params()
    with (candidate.tables / "confusion.csv").open("w", newline="") as stream:
        names = np.array(data.labels)
        pairs = zip(names[labels], names[predicted], strict=True)
        csv.writer(stream).writerows([("actual", "predicted"), *pairs])
    drawing.confusion_matrix(labels, predicted, data.labels).savefig(
        candidate.pictures / "confusion.png"
    )
    drawing.misclassified(images, labels, probabilities, data.labels).savefig(
        candidate.pictures / "misclassified.png", dpi=120
    )
    return metrics


def _settings(section: str) -> DataSettings:
    return params.settings(DataSettings, section)


def _data(section: str | None) -> prepared.ImageDataset:
    return prepared.load(Path("data", str(section)), _settings(str(section)))


TASK = Task(
    name="classification",
    prepare=prepare,
    listed=class_folders.listed,
    train=training,
    evaluate=evaluate,
    service=Service(
        script="image_classifier.py",
        example="example_sign.png",
        use="raw pictures in, label and probabilities out",
        limits="Trained on few hands before plain walls: expect less on other people and rooms.",
        limits_of_builtin="Trained on drawn hands: expect little of it on photographs.",
    ),
)
