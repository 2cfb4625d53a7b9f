"""What MLflow runs to load a registered style: a script, so that nothing is pickled."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.runs.pyfunc import inputs
from fivenets.runs.pyfunc.serving import Served, as_png
from fivenets.style import fast_stylizer


class StyleTransfer(Served):
    """A registered style transfer, or a style that was learned: pictures in, a picture out."""

    def load(self, file: Path) -> Any:
        return fast_stylizer.load(file)

    @inputs.refusals()
    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row: image (a PNG file as base64 text), iterations, seconds, losses, features.

        The first picture is the content, those after it are styles; a model that has learned its
        style takes none. `params` are fields of `style.settings.Settings`, such as size.
        """
        if not model_input:
            raise UserError("expected a content picture and its styles, received none")
        inputs.check_params(params, known=params or ())  # the stylizer knows its own
        content, *styles = inputs.read_all(model_input)
        options = {key: value for key, value in (params or {}).items() if value is not None}
        result = self.model.stylize(content, styles, options=options)
        image = as_png(Image.fromarray(result.image))
        return pd.DataFrame([{"image": image} | result.row()])


mlflow.models.set_model(StyleTransfer())
