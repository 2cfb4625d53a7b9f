"""Image classification as the stages, the registry and the command line know it."""

import csv
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification import answers, drawing, evaluation, starting, views
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import ClassifierRecipe, Evaluation
from fivenets.classification.training import train
from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.core.words import interval
from fivenets.datasets import class_folders
from fivenets.datasets.classification import preparation, prepared
from fivenets.fitting import distribution


def training(candidate: Candidate) -> Making:
    """A classifier by its recipe, from the prepared data."""
    recipe = params.settings(ClassifierRecipe, candidate.name, "train")
    data = prepared.of_section(candidate.data)
    recipe, weights = starting.started(recipe, params.load("data", "source"), Path("data/raw"))
    data = data.at(recipe.image_size or data.image_size)
    if weights is None and recipe.freeze != "none":
        raise UserError(
            f"{candidate.name}: freeze: {recipe.freeze} keeps ImageNet's weights, which cannot be "
            "had here: freeze: none with more epochs trains from nothing"
        )
    pretrained = starting.loading(recipe, weights)
    origins = [*data.origins, *([weights.origin] if weights else [])]
    is_recorded = distribution.keeps_results(recipe.distribute)

    def make(log: Log) -> Rows:
        network, rows = train(
            data, recipe, candidate.checkpoints, log.log_epoch, pretrained, log.log_image
        )
        if is_recorded:
            answers.calibrated(network, data, recipe).save(candidate.file)
        return rows

    return Making(asdict(recipe) | {"data": asdict(data.settings)}, origins, make, is_recorded)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Numbers on the test split; leaves pictures of what is confused and with what.

    The accuracy is that on people who were not trained on, where the data tell people apart; that
    of every source stands beside it.
    """
    data = prepared.of_section(candidate.scored_on)
    classifier = Classifier.from_file(candidate.file)
    if classifier.labels != data.labels:
        raise UserError(
            f"{candidate.name} knows {', '.join(classifier.labels)} and cannot be scored on "
            f"{candidate.scored_on}, which shows {', '.join(data.labels)}"
        )
    data = data.at(classifier.image_size)
    found = answers.of(classifier, data)
    new, images, labels, predicted = found.is_new, found.images, found.labels, found.predicted
    seen = (
        image
        for split in ("train", "validation")
        for image, _ in data.examples(split).as_numpy_iterator()
    )
    scoring = params.settings(Evaluation, candidate.name, "evaluate")
    alike = scoring.near_duplicate_similarity
    is_twin = evaluation.near_duplicates(images[new], seen, near_duplicate_similarity=alike)
    metrics = evaluation.evaluate(found.probabilities[new], labels[new], data.labels, is_twin)
    metrics["in_other_light"] = {
        light: float((classifier.probabilities(changed).argmax(axis=1) == labels[new]).mean())
        for light, changed in evaluation.in_other_light(images[new]).items()
    }
    if scoring.ten_views:
        by_views = views.probabilities(classifier, images[new]).argmax(axis=1)
        metrics["ten_views"] = evaluation.accuracy_with_interval(by_views == labels[new])
    metrics["rejected"] = float(found.rejected[new].mean())
    if found.others_rejected is not None:
        metrics["others_rejected"] = found.others_rejected
        metrics |= answers.rejected_of_made(classifier)
    origins = {origin.asset: origin for origin in data.origins}
    measured = [origins[name] for name in np.unique(found.sources[new]) if name in origins]
    metrics["scored_on"] = [origin.record() for origin in measured or data.origins]
    for name in filter(origins.get, np.unique(found.sources).tolist()):
        part = found.metrics((found.sources == name) & found.is_plain)
        metrics[name] = part | {"scored_on": [origins[name].record()]}
        # As a gate or the results would ask for it.
        metrics |= {f"{name}_{key}": part[key] for key in part if key.startswith("acc")}
    is_hard = ~found.is_plain & np.isin(found.sources, found.sources[new])
    if is_hard.any():
        metrics["before_photographs"] = found.metrics(is_hard)
    metrics["also"] = _in_words(metrics, origins, data.settings.subject)
    metrics["parameters"] = classifier.network.count_params()
    with (candidate.tables / "confusion.csv").open("w", newline="") as stream:
        names = np.array(data.labels)
        pairs = zip(names[labels[new]], names[predicted[new]], strict=True)
        csv.writer(stream).writerows([("actual", "predicted"), *pairs])
    drawing.confusion_matrix(labels[new], predicted[new], data.labels).savefig(
        candidate.pictures / "confusion.png"
    )
    drawing.misclassified(images[new], labels[new], found.probabilities[new], data.labels).savefig(
        candidate.pictures / "misclassified.png", dpi=120
    )
    return metrics


def _in_words(metrics: dict[str, Any], sources: Iterable[str], subject: str) -> str:
    """What else was measured, on pictures of a `subject`."""
    unseen = metrics["without_near_duplicates"]
    light = ", ".join(f"{key} {value:.2f}" for key, value in metrics["in_other_light"].items())
    words = [
        *(f"{interval(metrics[name])} on {name}" for name in sources if name in metrics),
        f"calibration error {metrics['calibration_error']:.3f}",
        f"{interval(unseen)} on the {unseen['examples']} without a near-duplicate",
        f"in other light: {light}",
    ]
    if "ten_views" in metrics:
        words.append(f"{interval(metrics['ten_views'])} by ten views of each")
    if "before_photographs" in metrics:
        hard = metrics["before_photographs"]
        words.insert(0, f"{interval(hard)} before photographs, {hard['rejected']:.3f} rejected")
    if "others_rejected" in metrics:
        rejected = [
            f"{metrics['others_rejected']:.3f} of other photographs",
            f"{metrics['walls_rejected']:.3f} of empty walls",
            f"{metrics['two_hands_rejected']:.3f} of two drawn hands",
        ]
        words.insert(
            0, f"rejects {', '.join(rejected)} and {metrics['rejected']:.3f} of {subject}s"
        )
    return "; ".join(words)


TASK = Task(
    name="classification",
    prepare=preparation.prepare,
    listed=class_folders.listed,
    train=training,
    evaluate=evaluate,
    service=Service(
        script="image_classifier.py",
        example="example_sign.png",
        use="raw pictures in, label and probabilities out",
        limits="As good as its figures say on pictures like those it was scored on: expect less on "
        "people, places and cameras that differ more from those it was trained on.",
        limits_of_builtin="Trained on drawn pictures: expect less of it on photographs than on "
        "drawings.",
        command="classify photo.jpg",
        pipeline="image-classification",
    ),
)
