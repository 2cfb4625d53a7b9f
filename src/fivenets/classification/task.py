"""Image classification as the stages, the registry and the command line know it."""

import csv
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.classification import calibration, drawing, evaluation, imagenet
from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import Evaluation, Recipe
from fivenets.classification.training import train
from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.core.words import interval
from fivenets.datasets import class_folders
from fivenets.datasets.classification import preparation, prepared
from fivenets.datasets.classification.prepared import OTHERS
from fivenets.datasets.settings import DataSettings
from fivenets.fitting import distribution
from fivenets.sources.origin import are_drawn


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
    origins = [*data.origins, *([weights.origin] if weights else [])]
    is_recorded = recipe.distribute != "multi_worker" or not distribution.worker_index()

    def make(log: Log) -> Rows:
        network, rows = train(data, recipe, candidate.checkpoints, log.log_epoch, pretrained)
        if is_recorded:
            limits = TASK.service.limits_of_builtin if are_drawn(data.origins) else ""
            known = (_calibration(network, data), settings.subject, limits)
            Classifier(network, data.labels, *known).save(candidate.file)
        else:
            shutil.rmtree(distribution.own_folder(candidate.checkpoints))
        return rows

    return Making(asdict(recipe) | {"data": asdict(settings)}, origins, make, is_recorded)


def _calibration(network: keras.Model, data: prepared.ImageDataset) -> Calibration:
    """Fitted on the people of validation that are not in train, or on all where there are none."""
    images, labels = data.arrays("validation")
    is_new = _is_new(data, "validation")
    logits = Classifier(network, data.labels).logits(images[is_new])
    return calibration.fitted(logits, labels[is_new], len(data.labels))


def _is_new(data: prepared.ImageDataset, split: str) -> np.ndarray:
    """(n,) whether an example is of somebody who is not in train; all where nobody is.

    Hands before photographs, which at 64 pixels are a harder task, are none of them.
    """
    known = set(data.column("train", "person"))
    is_plain = data.column(split, "background") != "photograph"
    is_new = ~np.isin(data.column(split, "person"), list(known)) & is_plain
    return is_new if is_new.any() else is_plain


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Numbers on the test split; leaves pictures of what is confused and with what.

    The accuracy is that on people who were not trained on, where the data tell people apart; that
    of every source stands beside it.
    """
    data, classifier = _data(candidate.scored_on), Classifier.from_file(candidate.file)
    images, labels = data.arrays("test")
    seen = np.concatenate([data.arrays(split)[0] for split in ("train", "validation")])
    scoring = params.settings(Evaluation, candidate.name, "evaluate")
    is_twin = evaluation.near_duplicates(images, seen, **asdict(scoring))
    logits = classifier.logits(images)
    probabilities = classifier.calibration.probabilities(logits)
    rejected = classifier.calibration.is_rejected(logits)
    predicted = probabilities.argmax(axis=1)
    is_new, sources = _is_new(data, "test"), data.column("test", "source")
    metrics = evaluation.evaluate(
        probabilities[is_new], labels[is_new], data.labels, is_twin[is_new]
    )
    metrics["in_other_light"] = {
        light: float((classifier.probabilities(changed).argmax(axis=1) == labels[is_new]).mean())
        for light, changed in evaluation.in_other_light(images[is_new]).items()
    }
    metrics["hands_rejected"] = float(rejected[is_new].mean())
    if data.has_others:
        others, _ = data.arrays(OTHERS["test"])
        is_caught = classifier.calibration.is_rejected(classifier.logits(others))
        metrics["others_rejected"] = float(is_caught.mean())
    origins = {origin.asset: origin for origin in data.origins}
    measured = [origins[name] for name in np.unique(sources[is_new]) if name in origins]
    metrics["scored_on"] = [origin.record() for origin in measured or data.origins]
    groups = {str(name): sources == name for name in np.unique(sources) if name in origins}
    is_plain = data.column("test", "background") != "photograph"
    for name, mine in groups.items():
        right = predicted[mine & is_plain] == labels[mine & is_plain]
        metrics[name] = {
            **evaluation.accuracy_with_interval(right),
            "calibration_error": evaluation.calibration_error(probabilities[mine], labels[mine]),
            "rejected": float(rejected[mine & is_plain].mean()),
            "scored_on": [origins[name].record()],
        }
        metrics |= {f"{name}_{key}": metrics[name][key] for key in metrics[name] if "acc" in key}
    if (is_hard := ~is_plain & np.isin(sources, sources[is_new])).any():
        right = predicted[is_hard] == labels[is_hard]
        metrics["before_photographs"] = evaluation.accuracy_with_interval(right)
    metrics["also"] = _in_words(metrics, origins)
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


def _in_words(metrics: dict[str, Any], sources: Iterable[str]) -> str:
    """What else was measured."""
    unseen = metrics["without_near_duplicates"]
    light = ", ".join(f"{key} {value:.2f}" for key, value in metrics["in_other_light"].items())
    words = [
        *(f"{interval(metrics[name])} on {name}" for name in sources if name in metrics),
        f"calibration error {metrics['calibration_error']:.3f}",
        f"{interval(unseen)} on the {unseen['examples']} without a near-duplicate",
        f"in other light: {light}",
    ]
    if "others_rejected" in metrics:
        words.insert(0, f"rejects {metrics['others_rejected']:.3f} of other photographs")
        words.insert(1, f"and {metrics['hands_rejected']:.3f} of hands")
    return "; ".join(words)


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
