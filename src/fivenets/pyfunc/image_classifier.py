"""What MLflow runs to load a registered classifier: a script, so that nothing is pickled."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.classification.classifier import Classifier
from fivenets.images import read_base64

# Set by MLflow's scoring server, whose clients must not have files of the server read.
SERVING_VARIABLE = "__pyfunc_model_path__"


class ImageClassifier(mlflow.pyfunc.PythonModel):
    """A registered classifier: raw pictures in, one row of label and probabilities each out."""

    def load_context(self, context: Any) -> None:
        self.classifier = Classifier.from_file(Path(context.artifacts["model"]))
        self.is_serving = SERVING_VARIABLE in os.environ

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns label, probability and probabilities (label -> p), one row per picture.

        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path.
        """
        pictures = [self._picture(item) for item in model_input]
        return pd.DataFrame([asdict(found) for found in self.classifier.classify(pictures)])

    def _picture(self, item: Any) -> Any:
        # os.path and not pathlib, which raises on text too long to be a path.
        is_path = isinstance(item, str) and not self.is_serving and os.path.isfile(item)
        return read_base64(item) if isinstance(item, str) and not is_path else item


mlflow.models.set_model(ImageClassifier())
