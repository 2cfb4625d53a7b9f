"""What the tabs are drawn with. Needs Gradio."""

import html
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]  # the extra `demo`

from fivenets.core.errors import UserError
from fivenets.demo.examples import Examples

PICTURE = {"type": "pil", "image_mode": None, "sources": ["upload", "clipboard", "webcam"]}


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose `UserError` the page shows as a sentence."""

    @wraps(function)
    def answer(*args: Any) -> Any:
        try:
            return function(*args)
        except UserError as error:
            raise _shown(error) from None

    return answer


def told_live(function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """`told`, of what is shown while it is made."""

    @wraps(function)
    def answers_live(*args: Any) -> Iterator[Any]:
        try:
            yield from function(*args)
        except UserError as error:
            raise _shown(error) from None

    return answers_live


def _shown(error: UserError) -> gr.Error:
    """Gradio takes the text of an error for HTML."""
    return gr.Error(html.escape(str(error), quote=False), print_exception=False)


def examples(of: Examples, picture: gr.Image, label: str = "Examples") -> None:
    """Files that a click puts into `picture`."""
    gr.Examples([[str(path)] for path in of.pictures()], picture, label=label)
