"""What MLflow runs to load a registered segmenter: a script, so that nothing is pickled."""

import base64
import io
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.runs.pyfunc import inputs, serving
from fivenets.segmentation.drawing import as_palette
from fivenets.segmentation.segmenter import Segmenter


class ImageSegmenter(mlflow.pyfunc.PythonModel):
    """A registered segmenter: raw pictures in, one row per picture out."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.file = context.artifacts["model"]
        self.segmenter = Segmenter.from_file(Path(self.file))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns shares (of the pixels, by class), mask, classes, caution.

        `mask` is a PNG file of the picture's size as base64 text, whose values are places in
        `classes`; `caution` is empty, or says what the model should not be asked.
        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path.
        """
        with inputs.refusals():
            inputs.check_params(params, known=())
            found = [
                self.segmenter.segment(picture)
                for picture in inputs.read_all(model_input, self.file)
            ]
        rows = []
        for one in found:
            stream = io.BytesIO()
            as_palette(one.mask).save(stream, "PNG")
            mask = base64.b64encode(stream.getvalue()).decode()
            rows.append({"shares": one.shares, "mask": mask, "classes": list(one.labels)})
        answer = pd.DataFrame(rows, columns=pd.Index(("shares", "mask", "classes")))
        return answer.assign(caution=self.segmenter.caution)


mlflow.models.set_model(ImageSegmenter())
