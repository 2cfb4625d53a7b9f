"""The page: one tab per model. It draws what `answers` gives, and needs Gradio."""

import html
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]  # the extra `demo`

from fivenets.core.errors import UserError
from fivenets.demo import answers, examples

TITLE = "fivenets"
# Sends no message of its use anywhere.
QUIET = {"analytics_enabled": False}
PICTURE = {"type": "pil", "image_mode": None, "sources": ["upload", "clipboard", "webcam"]}

COLOURS = ("style", "luminance", "histogram")  # style.colours.COLOURS, whose import takes seconds


def build() -> gr.Blocks:
    """The page. No model is loaded and no task imported before somebody asks."""
    with gr.Blocks(title=TITLE, **QUIET) as page:
        gr.Markdown("# fivenets\nThe course's networks on your own pictures.")
        missing = gr.Markdown()
        with gr.Tabs():
            for draw in TABS:
                draw()
        # The registry takes seconds to answer, and the page does not wait for it. (Tabs cannot be
        # hidden by then: this Gradio ignores it.)
        page.load(told(_missing), outputs=missing, show_progress="hidden", api_name=False)
    return page


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


def _missing() -> str:
    """Which tabs have no model behind them, in words; nothing where all have."""
    tabs = [tab for tab, is_available in answers.available().items() if not is_available]
    if not tabs:
        return ""
    return f"No model is registered yet for: {', '.join(tabs)}. Run `make` in the project's folder."


def _classify() -> None:
    with gr.Tab("Classify"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A hand sign", **PICTURE)
            _examples("classify", picture)
        probabilities = gr.Label(label="Label and probability")
    classify = told(_unless_empty(answers.classify))
    picture.change(classify, picture, probabilities, api_name="classify")


def _detect() -> None:
    with gr.Tab("Detect"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A scene", **PICTURE)
            score = gr.Slider(0, 1, 0.6, step=0.01, label="Least score of a box")
            overlap = gr.Slider(0, 1, 0.5, step=0.01, label="Most overlap (IoU) with a surer box")
            button = gr.Button("Detect", variant="primary")
            _examples("detect", picture)
        with gr.Column():
            drawn = gr.Image(label="Found", interactive=False)
            table = gr.Dataframe(headers=list(answers.ROWS), label="Boxes in pixels")
    asked = [button.click, score.release, overlap.release]
    gr.on(asked, told(answers.detect), [picture, score, overlap], [drawn, table], api_name="detect")


def _verify() -> None:
    with gr.Tab("Verify") as tab:
        with gr.Row():
            first = gr.Image(label="One person", **PICTURE)
            second = gr.Image(label="The same one?", **PICTURE)
        limit = _threshold_slider()
        button = gr.Button("Compare", variant="primary")
        verdict = gr.Markdown()
        _examples("verify", first)
        _examples("identify", second)
    tab.select(told(answers.threshold), outputs=limit, api_name=False)
    gr.on(
        [button.click, limit.release],
        told(answers.verify),
        [first, second, limit],
        verdict,
        api_name="verify",
    )


def _identify() -> None:
    with gr.Tab("Identify") as tab:
        with gr.Row():
            picture = gr.Image(label="Who is this?", **PICTURE)
            known = gr.Gallery(label="Known people, one in each picture", type="pil", columns=4)
            nearest = gr.Image(label="Nearest", interactive=False)
        limit = _threshold_slider()
        button = gr.Button("Identify", variant="primary")
        words = gr.Markdown()
        _examples("identify", picture)
    tab.select(told(answers.threshold), outputs=limit, api_name=False)
    gr.on(
        [button.click, limit.release],
        told(answers.identify),
        [picture, known, limit],
        [nearest, words],
        api_name="identify",
    )


def _stylize() -> None:
    with gr.Tab("Stylize"), gr.Row():
        with gr.Column():
            with gr.Row():
                content = gr.Image(label="Content", **PICTURE)
                style = gr.Image(label="Style", **PICTURE)
            _examples("detect", content, "Examples of contents")
            _examples("stylize", style, "Examples of styles")
            size = gr.Slider(64, 512, 256, step=16, label="Pixels at the longer side")
            iterations = gr.Slider(5, 300, 60, step=5, label="Iterations at each scale")
            scale = gr.Slider(0.25, 2, 1, step=0.05, label="Size of strokes")
            colours = gr.Radio(COLOURS, value=COLOURS[0], label="Whose colours")
        with gr.Column():
            button = gr.Button("Paint", variant="primary")
            stop = gr.Button("Stop")
            painted = gr.Image(label="Painted", interactive=False)
            progress = gr.Markdown()
    asked = [content, style, size, iterations, scale, colours]
    painting = button.click(
        told_live(answers.stylize), asked, [painted, progress], api_name="stylize"
    )
    stop.click(None, cancels=[painting], api_name=False)


TABS = (_classify, _detect, _verify, _identify, _stylize)


def _threshold_slider() -> gr.Slider:
    return gr.Slider(0, 2, 0.6, step=0.005, label="Largest distance of one person's faces")


def _examples(tab: str, picture: gr.Image, label: str = "Examples") -> None:
    gr.Examples([[str(path)] for path in examples.pictures(tab)], picture, label=label)


def _unless_empty(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Nothing for nothing: clearing a picture is a change of it, too."""
    return lambda picture: None if picture is None else function(picture)
