"""What MLflow runs to load a registered detector: a script, so that nothing is pickled."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.runs.pyfunc import inputs, serving

COLUMNS = ("image", "class", "score", "x1", "y1", "x2", "y2", "caution")


class ObjectDetector(mlflow.pyfunc.PythonModel):
    """A registered detector: raw pictures in, one row per object out."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.file = context.artifacts["model"]
        self.detector = Detector.from_file(Path(self.file)).for_inference()

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns image (its place in the list), class, score, x1, y1, x2, y2 (pixels of it).

        `caution` is empty, or says what the model should not be asked.
        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path.
        """
        with inputs.refusals():
            inputs.check_params(params, known=())
            images = inputs.read_all(model_input, self.file)
            found = self.detector.detect(images, PROFILES["course"])
        rows = [{"image": i, **one.row()} for i, objects in enumerate(found) for one in objects]
        answer = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
        return answer.assign(caution=self.detector.caution)


mlflow.models.set_model(ObjectDetector())
