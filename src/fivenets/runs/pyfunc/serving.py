"""What MLflow's scoring server answers where it cannot answer: a sentence, and no more.

Its own errors quote all of the request, which is somebody's pictures, or the traceback.
"""

import functools
import logging
import os
from typing import Any

from mlflow.exceptions import INTERNAL_ERROR, MlflowException

from fivenets.runs.pyfunc.inputs import RefusedError

log = logging.getLogger(__name__)

SERVER_VARIABLE = "__pyfunc_model_path__"  # set where a process is there for one model alone
EXPECTED = "expected a JSON object whose `inputs` is a list of pictures"


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
