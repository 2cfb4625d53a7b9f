"""What the tabs are drawn with. Needs Gradio."""

import html
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.demo import about
from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Loaded

# Examples: as many beside each other as the page has room for, three on a phone; captions in
# several lines where that is narrow, and no gap below them.
CSS = """
.examples .grid-container {grid-template-columns: repeat(auto-fill, minmax(min(30%, 180px), 1fr))}
.caption-label {white-space: normal; max-width: 100%}
.grid-wrap {min-height: 0 !important}
"""
BY_BROWSERS = {".jpg", ".jpeg", ".png", ".webp"}  # AT&T's faces are .pgm
PICTURE = {"type": "pil", "image_mode": None, "height": 320}
# An example comes back from the browser, where Gradio's own choice, WebP, would have changed it.
PICTURE |= {"sources": ["upload", "clipboard", "webcam"], "format": "png"}


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose `UserError` the page shows as a sentence above all."""

    @wraps(function)
    def answer(*args: Any) -> Any:
        try:
            return function(*args)
        except UserError as error:
            # Gradio takes the text of an error for HTML.
            raise gr.Error(in_html(error), print_exception=False) from None

    return answer


def asked(function: Callable[..., Any], load: Loaded, outputs: Sequence[Any]) -> Callable[..., Any]:
    """`function`, which asks a model, for a page that shows how it goes.

    What it gives may come in steps. While `load` brings the model, that is said. A `UserError`
    stands as a sentence in the place of the answer: in the Markdown among `outputs`.
    """

    @wraps(function)
    def answers(*args: Any) -> Iterator[Any]:
        if not load.is_done():
            gr.Info("The model is being loaded: the first answer takes some seconds longer.")
        try:
            given = function(*args)
            yield from given if isinstance(given, Iterator) else [given]
        except UserError as error:
            words = f"⚠️ **{in_html(error)}**"
            blank = [words if isinstance(one, gr.Markdown) else None for one in outputs]
            yield blank if len(blank) > 1 else words

    return answers


def in_html(error: UserError) -> str:
    return html.escape(str(error), quote=False)


def said_of(model: str) -> gr.Markdown:
    """What the tab says of the model that answers; filled once the page is there."""
    return gr.Markdown(about.ASKING, elem_id=f"about-{model}")


def opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture


def thumbnail(path: Path) -> str | Image.Image:
    """What Gradio shows of a picture: the file itself, where browsers can show it."""
    return str(path) if path.suffix.lower() in BY_BROWSERS else opened(path)


def examples(of: Examples, picture: gr.Image, label: str = "Examples") -> None:
    """Pictures with captions, which a click puts into `picture`."""
    shown = of.pictures()

    def take(event: gr.SelectData) -> Image.Image:
        return opened(shown[event.index][0])

    gallery = gr.Gallery(
        [(thumbnail(path), caption) for path, caption in shown],
        label=f"{label} ({of.credit})" if of.credit else label,
        elem_classes="examples",
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
    )
    gallery.select(take, None, picture, show_progress="hidden", api_visibility="private")
