"""What MLflow runs to load a registered face embedder: a script, so that nothing is pickled."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.core.errors import UserError
from fivenets.faces.embedder import Calibration, Embedder, verdict
from fivenets.runs.pyfunc import inputs, serving


class FaceVerifier(mlflow.pyfunc.PythonModel):
    """A registered embedder: a pair of pictures in, same or not out; one picture, its embedding."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.embedder = Embedder.from_file(Path(context.artifacts["model"]))
        self.calibration = Calibration.read(Path(context.artifacts["calibration"]))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per item: `embedding` of one picture; `same`, `distance`, `threshold` and
        `target_far` of a list of two. What does not apply is None.

        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path. Each shows one face, which is
        found and aligned, unless `params` has `cropped: True`.
        """
        with inputs.refusals():
            inputs.check_params(params, known=("cropped",))
            is_cropped = bool((params or {}).get("cropped", False))
            rows = []
            for index, item in enumerate(model_input):
                is_alone = len(model_input) == 1 and not isinstance(item, list | tuple)
                with inputs.place(None if is_alone else index):
                    rows.append(self._row(item, is_cropped))
            return pd.DataFrame(rows)

    def _row(self, item: Any, is_cropped: bool) -> dict[str, Any]:
        shown = item if isinstance(item, list | tuple) else [item]
        if len(shown) not in (1, 2):
            raise UserError(f"one picture or a pair expected, {len(shown)} received")
        vectors = []
        for index, one in enumerate(shown):
            with inputs.place(index if len(shown) > 1 else None):
                vectors.append(self.embedder.embed([inputs.picture(one)], is_cropped)[0])
        answer = dict.fromkeys(("same", "distance", "threshold", "target_far", "embedding"))
        if len(shown) == 1:
            return answer | {"embedding": vectors[0].tolist()}
        return answer | asdict(verdict(vectors[0], vectors[1], self.calibration))


mlflow.models.set_model(FaceVerifier())
