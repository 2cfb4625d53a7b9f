"""What MLflow runs to load a registered style: a script, so that nothing is pickled."""

import base64
import io
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.runs.pyfunc import inputs, serving
from fivenets.style import fast_stylizer


class StyleTransfer(mlflow.pyfunc.PythonModel):
    """A registered style transfer, or a style that was learned: pictures in, a picture out."""

    def load_context(self, context: Any) -> None:
        serving.guard()
        self.stylizer = fast_stylizer.load(Path(context.artifacts["model"]))

    @inputs.refusals()
    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row: image (a PNG file as base64 text), iterations, seconds, losses, features.

        The first picture is the content, those after it are styles; a model that has learned its
        style takes none. A picture is an array, a PIL image, the bytes of an image file, base64
        text of them, or a path; behind MLflow's server, text is never taken as a path. `params` are
        fields of `style.settings.Settings`, such as size.
        """
        if not model_input:
            raise UserError("expected a content picture and its styles, received none")
        inputs.check_params(params, known=params or ())  # the stylizer knows its own
        content, *styles = inputs.read_all(model_input)
        options = {key: value for key, value in (params or {}).items() if value is not None}
        result = self.stylizer.stylize(content, styles, options=options)
        stream = io.BytesIO()
        Image.fromarray(result.image).save(stream, "PNG")
        return pd.DataFrame(
            [{"image": base64.b64encode(stream.getvalue()).decode()} | result.row()]
        )


mlflow.models.set_model(StyleTransfer())
