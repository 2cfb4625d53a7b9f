"""What the page's tabs are, and what their answers share.

Each task has its tabs in the module named like its folder: what is seen (`draw`), and what is
done, pictures in and what is shown out. A model is loaded when first asked. A picture is a PIL
image or an array, never a path: what comes here was sent by a browser.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from fivenets import tasks
from fivenets.core import images
from fivenets.core.errors import UserError

LOADING = RLock()


@dataclass(frozen=True)
class Tab:
    """One tab of the page. Its name is what it does, and what Gradio's clients call."""

    name: str
    model: str  # the registered one that it asks
    draw: Callable[[], None]  # puts it on the page; Gradio may be imported in here only


def everyone() -> list[Tab]:
    """The tabs of all tasks that have some."""
    return [tab for module in tasks.modules_in("demo") for tab in module.TABS]


def once(load: Callable[[], Any]) -> Callable[[], Any]:
    """`load`, whose result is kept, in one thread at a time.

    Gradio answers in several. Two that import TensorFlow at once find halves of its modules, which
    import each other in circles; so all that imports it comes after a call of one of these.
    """
    kept = cache(load)

    @wraps(load)
    def loaded() -> Any:
        with LOADING:
            return kept()

    return loaded


def available() -> dict[str, bool]:
    """Of each tab, whether its model is registered."""
    names = {model.name for model in _store().search_registered_models() if model.aliases}
    return {tab.name: tab.model in names for tab in everyone()}


def received(picture: Any) -> np.ndarray:
    """The picture as image_rgb_uint8.

    Raises: UserError where there is none, or what came is text, which could be a path.
    """
    if picture is None:
        raise UserError("a picture is missing: upload one, or take one of the examples")
    if isinstance(picture, str | Path):
        raise UserError("expected a picture, received text")
    return images.read_image(picture, "the picture")


@once
def _store() -> Any:
    from fivenets.runs import tracking

    return tracking.connect()
