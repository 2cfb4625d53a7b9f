"""What MLflow runs to load a registered classifier: a script, so that nothing is pickled."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.classification.classifier import Classifier
from fivenets.runs.pyfunc import inputs, serving


class ImageClassifier(mlflow.pyfunc.PythonModel):
    """A registered classifier: raw pictures in, one row of label and probabilities each out."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.file = context.artifacts["model"]
        self.classifier = Classifier.from_file(Path(self.file))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per picture: label, probability, rejected, score, probabilities (label -> p).

        `rejected` says that what is seen is none of the labels, by its score; `caution` is empty,
        or says what the model should not be asked.

        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path.
        """
        with inputs.refusals():
            inputs.check_params(params, known=())
            images = inputs.read_all(model_input, self.file)
            answer = pd.DataFrame([asdict(found) for found in self.classifier.classify(images)])
            return answer.assign(caution=self.classifier.caution)


mlflow.models.set_model(ImageClassifier())
