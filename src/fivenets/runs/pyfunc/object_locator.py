"""What MLflow runs to load a registered locator: a script, so that nothing is pickled."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from fivenets.localisation.locator import Locator
from fivenets.runs.pyfunc import inputs, serving


class ObjectLocator(mlflow.pyfunc.PythonModel):
    """A registered locator: raw pictures in, one row per picture out."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.file = context.artifacts["model"]
        self.locator = Locator.from_file(Path(self.file))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns presence (0..1), label, probability, coordinates, caution.

        `coordinates` are pixels: a box' corners [[x1, y1], [x2, y2]], or each point [x, y];
        `caution` is empty, or says what the model should not be asked.
        A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a
        path; behind MLflow's server, text is never taken as a path.
        """
        with inputs.refusals():
            inputs.check_params(params, known=())
            found = [
                self.locator.locate(picture) for picture in inputs.read_all(model_input, self.file)
            ]
        rows = [
            {
                "presence": one.presence,
                "label": one.label,
                "probability": one.probability,
                "coordinates": one.coordinates.round(2).tolist(),
            }
            for one in found
        ]
        columns = pd.Index(("presence", "label", "probability", "coordinates"))
        return pd.DataFrame(rows, columns=columns).assign(caution=self.locator.caution)


mlflow.models.set_model(ObjectLocator())
