"""How pictures reach a registered model, and how it refuses one, at home and behind a server."""

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from mlflow.exceptions import INVALID_PARAMETER_VALUE, MlflowException

from fivenets.core.errors import UserError
from fivenets.core.images import read_base64, read_image
from fivenets.runs import watching

# Either is set by MLflow behind a server, whose clients must not have files of the server read.
LONG = re.compile(r"\S{120,}")
SERVING_VARIABLES = ("__pyfunc_model_path__", "_MLFLOW_IS_IN_SERVING_ENVIRONMENT")


class RefusedError(MlflowException, UserError):
    """A `UserError` as the server should answer it: status 400, the sentence and nothing more.

    MLflow would add the traceback, with the server's paths, or all of the request. What is long
    and without a space is somebody's picture, and left out.
    """

    def __init__(self, sentence: str, error_code: int = INVALID_PARAMETER_VALUE):
        self.sentence = LONG.sub("...", sentence)
        super().__init__(self.sentence, error_code=error_code)

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


@contextmanager
def place(index: int | None) -> Iterator[None]:
    """Names the picture that a `UserError` in the block is about by its place in the request.

    Args: index: None: nothing is named, as of the only picture of a request.
    """
    try:
        yield
    except UserError as error:
        if index is None:
            raise
        sentence = str(error)  # of a picture of a pair, with its place in there
        within = sentence.removeprefix("inputs") if sentence.startswith("inputs[") else ""
        raise UserError(f"inputs[{index}]{within or f': {sentence}'}") from None


@contextmanager
def noted() -> Iterator[list[str]]:
    """What the block warns of, which a command would print: a client sees no log."""
    said: list[str] = []
    # Other requests are answered in other threads.
    handler, here = logging.Handler(logging.WARNING), threading.get_ident()
    handler.addFilter(lambda record: record.thread == here)
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.getLogger("fivenets")
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)


def read_all(items: Sequence[Any], model_file: str | None = None) -> list[np.ndarray]:
    """The pictures of a request, each (height, width, 3) uint8; noted where they are (`watching`).

    Args: model_file: of the model that is asked; None: nothing is noted.
    Raises: UserError that names the first which cannot be read by its place.
    """
    images = []
    for index, item in enumerate(items):
        with place(index if len(items) > 1 else None):
            images.append(read_image(picture(item)))
    if model_file:
        watching.note(images, model_file)
    return images


def check_params(params: Any, known: Collection[str]) -> None:
    """Refuses what a request calls by a name that the model does not know.

    MLflow drops such params before it asks the model, with a line in its own log.
    Args: params, known: for a model that is asked without MLflow.
    """
    frame = sys._getframe()
    while frame := frame.f_back:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == ("mlflow.pyfunc", "predict"):
            params = frame.f_locals["params"]
            schema = frame.f_locals["self"].metadata.get_params_schema()
            known = [param.name for param in schema.params] if schema else []
            break
    if params is not None and not isinstance(params, Mapping):
        raise UserError(
            f"params should be an object of names and values, it is a {type(params).__name__}"
        )
    if unknown := [str(name) for name in params or () if name not in known]:
        raise UserError(
            f"unknown params: {', '.join(unknown)}; known are: {', '.join(known) or 'none'}"
        )


def picture(item: Any) -> Any:
    """What `images.read_image` takes: text is base64 or, but behind a server, a path."""
    if not isinstance(item, str):
        return item
    is_serving = any(name in os.environ for name in SERVING_VARIABLES)
    # os.path and not pathlib, which raises on text too long to be a path.
    return item if not is_serving and os.path.isfile(item) else read_base64(item)
