"""What MLflow runs to load a registered face embedder: a script, so that nothing is pickled."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.errors import UserError
from fivenets.faces.embedder import Calibration, Embedder, verdict
from fivenets.images import read_base64

# Set by MLflow's scoring server, whose clients must not have files of the server read.
SERVING_VARIABLE = "__pyfunc_model_path__"


class FaceVerifier(mlflow.pyfunc.PythonModel):
    """A registered embedder: a pair of pictures in, same or not out; one picture, its embedding."""

    def load_context(self, context: Any) -> None:
        self.embedder = Embedder.from_file(Path(context.artifacts["model"]))
        self.calibration = Calibration.read(Path(context.artifacts["calibration"]))
        self.is_serving = SERVING_VARIABLE in os.environ

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per item: `embedding` of one picture; `same`, `distance`, `threshold` and
        `target_far` of a list of two. What does not apply is None.

        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path. Each shows one face, which is
        found and aligned, unless `params` has `cropped: True`.
        """
        is_cropped = bool((params or {}).get("cropped", False))
        return pd.DataFrame([self._row(item, is_cropped) for item in model_input])

    def _row(self, item: Any, is_cropped: bool) -> dict[str, Any]:
        pictures = item if isinstance(item, list | tuple) else [item]
        if len(pictures) not in (1, 2):
            raise UserError(f"one picture or a pair expected, {len(pictures)} received")
        vectors = self.embedder.embed([self._picture(picture) for picture in pictures], is_cropped)
        answer = dict.fromkeys(("same", "distance", "threshold", "target_far", "embedding"))
        if len(pictures) == 1:
            return answer | {"embedding": vectors[0].tolist()}
        return answer | asdict(verdict(vectors[0], vectors[1], self.calibration))

    def _picture(self, item: Any) -> Any:
        # os.path and not pathlib, which raises on text too long to be a path.
        is_path = isinstance(item, str) and not self.is_serving and os.path.isfile(item)
        return read_base64(item) if isinstance(item, str) and not is_path else item


mlflow.models.set_model(FaceVerifier())
