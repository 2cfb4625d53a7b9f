"""How pictures reach a registered model, and how it refuses one, at home and behind a server."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.exceptions import INVALID_PARAMETER_VALUE, MlflowException

from fivenets.core.errors import UserError
from fivenets.core.images import read_base64

# Either is set by MLflow behind a server, whose clients must not have files of the server read.
SERVING_VARIABLES = ("__pyfunc_model_path__", "_MLFLOW_IS_IN_SERVING_ENVIRONMENT")


class RefusedError(MlflowException, UserError):
    """A `UserError` as the server should answer it: status 400, the sentence and nothing more.

    MLflow would add the traceback, with the server's paths, or all of the request.
    """

    def __init__(self, sentence: str):
        super().__init__(sentence, error_code=INVALID_PARAMETER_VALUE)
        self.sentence = sentence

    def serialize_as_json(self) -> str:
        """The body of the answer."""
        return json.dumps({"error_code": self.error_code, "message": self.sentence})


@contextmanager
def refusals() -> Iterator[None]:
    """Gives a `UserError` in the block the form that a server should answer with."""
    try:
        yield
    except UserError as error:
        raise RefusedError(str(error)) from None


def picture(item: Any) -> Any:
    """What `images.read_image` takes: text is base64 or, but behind a server, a path."""
    if not isinstance(item, str):
        return item
    is_serving = any(name in os.environ for name in SERVING_VARIABLES)
    # os.path and not pathlib, which raises on text too long to be a path.
    return item if not is_serving and os.path.isfile(item) else read_base64(item)
