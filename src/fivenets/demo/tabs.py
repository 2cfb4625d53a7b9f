"""What the page's tabs are, and what their answers share.

Each task has its tabs in the module named like its folder: what is seen (`draw`), and what is
done, pictures in and what is shown out. A model is loaded when first asked. A picture is a PIL
image or an array, never a path: what comes here was sent by a browser.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from fivenets import tasks
from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.demo import about

LOADING = RLock()


@dataclass(frozen=True)
class Tab:
    """One tab of the page."""

    model: str  # the registered one that it asks
    # Puts it on the page, and gives the place where it says of its model what that is; Gradio may
    # be imported in here only.
    draw: Callable[[], Any]


def everyone() -> list[Tab]:
    """The tabs of all tasks that have some."""
    return [tab for module in tasks.modules_in("demo") for tab in module.TABS]


class Loaded:
    """A decorator: `load`, whose result is kept, in one thread at a time.

    Gradio answers in several. Two that import TensorFlow at once find halves of its modules, which
    import each other in circles; so all that imports it comes after a call of one of these.
    """

    def __init__(self, load: Callable[[], Any]):
        self.kept = cache(load)

    def __call__(self) -> Any:
        with LOADING:
            return self.kept()

    def is_done(self) -> bool:
        return bool(self.kept.cache_info().currsize)


def about_model(model: str) -> str:
    """What the tab of a registered model says of it."""
    with LOADING:  # imports MLflow
        return about.of(model)


def received(picture: Any) -> np.ndarray:
    """The picture as image_rgb_uint8.

    Raises: UserError where there is none, or what came is text, which could be a path.
    """
    if picture is None:
        raise UserError("a picture is missing: upload one, or take one of the examples")
    if isinstance(picture, str | Path):
        raise UserError("expected a picture, received text")
    return images.read_image(picture, "the picture")
