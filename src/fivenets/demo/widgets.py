"""What the tabs are drawn with. Needs Gradio."""

import html
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]
from gradio.components.base import server  # pyright: ignore[reportMissingImports]
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.demo import about
from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Loaded

# Galleries: as many beside each other as the page has room for, three on a phone; captions in
# several lines where that is narrow, no gap below them, and above them room for the label, which
# else hides the first. Pictures of few pixels are enlarged: a hand of 64 is a stamp on the page.
CSS = """
.examples .grid-container {grid-template-columns: repeat(auto-fill, minmax(min(30%, 180px), 1fr))}
.known .grid-container {grid-template-columns: repeat(auto-fill, minmax(min(30%, 90px), 1fr))}
.grid-container {padding-top: 24px !important}
.image-frame img {object-fit: contain !important}
.caption-label {white-space: normal; max-width: 100%}
.grid-wrap {min-height: 0 !important}
"""
BY_BROWSERS = {".jpg", ".jpeg", ".png", ".webp"}  # AT&T's faces are .pgm
LAYERS = 4  # of one drawing
DRAWINGS = 16  # that are kept between their arrival and the request that names them
PICTURE = {"type": "pil", "image_mode": None, "height": 320}
# An example comes back from the browser, where Gradio's own choice, WebP, would have changed it.
PICTURE |= {"sources": ["upload", "clipboard", "webcam"], "format": "png"}


# One layer, since with none Gradio's page fails.
DRAWN_ON = {"type": "pil", "layers": gr.LayerOptions(allow_additional_layers=False)}
DRAWN_ON |= {"interactive": True, "sources": (), "transforms": (), "height": 480}
DRAWN_ON |= {"brush": gr.Brush(24, colors=["#f97316"], color_mode="fixed")}


ACCEPT = gr.ImageEditor.accept_blobs


@server
def accept_few(self: gr.ImageEditor, data: Any) -> None:
    """What is drawn is sent before the request that names it, and Gradio keeps all that is sent.

    Here there are few layers to a drawing, and the oldest drawings go.
    """
    index = data.data.get("index") or "0"
    if index.isdecimal() and int(index) >= LAYERS:
        return
    while len(self.blob_storage) >= DRAWINGS:
        del self.blob_storage[next(iter(self.blob_storage))]
    ACCEPT(self, data)


# Not in a class of its own, beside whose module Gradio would write a stub.
gr.ImageEditor.accept_blobs = accept_few


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
