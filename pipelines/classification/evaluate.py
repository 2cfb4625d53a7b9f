"""A trained classifier and the test split -> numbers and pictures, added to the model's run."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from fivenets.classification import drawing, evaluation
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import Evaluation
from fivenets.core import params, stage
from fivenets.datasets.classification import prepared
from fivenets.runs import tracking
from fivenets.runs.results import interval


def main(name: str) -> None:
    settings = params.settings(prepared.DataSettings, "classification")
    data = prepared.load(Path("data/classification"), settings)
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    classifier = Classifier.from_file(model_file)
    images, labels = data.arrays("test")
    seen = np.concatenate([data.arrays(split)[0] for split in ("train", "validation")])
    scoring = params.settings(Evaluation, name, "evaluate")
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
    metrics["parameters"] = classifier.network.count_params()

    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    with (reports / "confusion.csv").open("w", newline="") as stream:
        names = np.array(data.labels)
        pairs = zip(names[labels], names[predicted], strict=True)
        csv.writer(stream).writerows([("actual", "predicted"), *pairs])
    drawing.confusion_matrix(labels, predicted, data.labels).savefig(reports / "confusion.png")
    drawing.misclassified(images, labels, probabilities, data.labels).savefig(
        reports / "misclassified.png", dpi=120
    )
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


if __name__ == "__main__":
    stage.run(main)
