"""What MLflow runs to load a registered classifier: a script, so that nothing is pickled."""

from dataclasses import asdict
from pathlib import Path

import mlflow

from fivenets.classification.classifier import Classifier
from fivenets.runs.pyfunc.serving import Pictures, Rows, Served


class ImageClassifier(Served):
    """One row per picture; `probabilities` are by label.

    `rejected` says that what is seen is none of the labels, by its score.
    """

    columns = ("label", "probability", "rejected", "score", "probabilities")

    def load(self, file: Path) -> Classifier:
        return Classifier.from_file(file)

    def rows(self, pictures: Pictures) -> Rows:
        return map(asdict, self.model.classify(pictures))


mlflow.models.set_model(ImageClassifier())
