"""What the scripts that MLflow runs to load a model share, and what its scoring server answers
where it cannot answer: a sentence, and no more.

The server's own errors quote all of the request, which is somebody's pictures, or the traceback.
"""

import base64
import functools
import io
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import INTERNAL_ERROR, MlflowException
from PIL import Image

from fivenets.runs.pyfunc import inputs
from fivenets.runs.pyfunc.inputs import RefusedError

log = logging.getLogger(__name__)

SERVER_VARIABLE = "__pyfunc_model_path__"  # set where a process is there for one model alone
Pictures = Sequence[np.ndarray]  # (height, width, 3) uint8 each
Rows = Iterable[dict[str, Any]]
EXPECTED = "expected a JSON object whose `inputs` is a list of pictures"


class Served(mlflow.pyfunc.PythonModel):
    """A registered model: raw pictures in, a table out.

    A picture is an array, a PIL image, the bytes of an image file, base64 text of them, or a path;
    behind MLflow's server, text is never taken as a path. The table's last column, `caution`, is
    empty, or says what the model should not be asked.
    """

    columns: Sequence[str]  # before `caution`

    def load(self, file: Path) -> Any:
        """What answers, with its `caution`."""
        raise NotImplementedError

    def rows(self, pictures: Pictures) -> Rows:
        """The answer to these, by `columns`."""
        raise NotImplementedError

    def load_context(self, context: Any) -> None:
        guard()
        self.file = context.artifacts["model"]
        self.model = self.load(Path(self.file))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        with inputs.refusals():
            inputs.check_params(params, known=())
            rows = list(self.rows(inputs.read_all(model_input, self.file)))
        said = {"caution": self.model.caution}
        return pd.DataFrame([row | said for row in rows], columns=pd.Index([*self.columns, *said]))


def as_png(picture: Image.Image) -> str:
    """A PNG file as base64 text."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def guard() -> None:
    """Makes the server of this process, where it is one, answer errors by a sentence."""
    from mlflow.pyfunc import scoring_server

    answer = scoring_server.invocations
    if SERVER_VARIABLE in os.environ and not hasattr(answer, "__wrapped__"):
        scoring_server.invocations = functools.wraps(answer)(functools.partial(_answer, answer))


def _answer(answer: Any, data: Any, content_type: str | None, model: Any, schema: Any) -> Any:
    try:
        return answer(data, content_type or "none", model, schema)
    except RefusedError:
        raise
    except MlflowException as error:
        params = model.metadata.get_params_schema()
        if params and "arameters" in error.message.partition("Error: ")[2]:
            kinds = ", ".join(f"{param.name} ({param.dtype.name})" for param in params.params)
            raise RefusedError(f"a value in `params` is not of its type: {kinds}") from None
        raise RefusedError(EXPECTED) from None
    except Exception as error:
        log.exception("a request could not be answered")
        sentence = f"the model could not answer ({type(error).__name__})"
        raise RefusedError(sentence, INTERNAL_ERROR) from None
