"""The page: one tab per model. It draws what `answers` gives, and needs Gradio."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr  # pyright: ignore[reportMissingImports]  # the extra `demo`

from fivenets.demo import answers, examples
from fivenets.errors import UserError

TITLE = "fivenets"
# Sends no message of its use anywhere.
QUIET = {"analytics_enabled": False}
PICTURE = {"type": "pil", "image_mode": None, "sources": ["upload", "clipboard", "webcam"]}


def build() -> gr.Blocks:
    """The page. No model is loaded and no task imported before somebody asks."""
    with gr.Blocks(title=TITLE, **QUIET) as page:
        gr.Markdown("# fivenets\nThe course's networks on your own pictures.")
        empty = gr.Markdown(visible=False)
        with gr.Tabs():
            tabs = {name: draw() for name, draw in TABS.items()}
        page.load(
            lambda: _shown(list(tabs)),
            outputs=[*tabs.values(), empty],
            show_progress="hidden",
            api_name=False,
        )
    return page


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose `UserError` the page shows as a sentence."""

    @wraps(function)
    def answer(*args: Any) -> Any:
        try:
            return function(*args)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return answer


def _shown(names: list[str]) -> list[Any]:
    """Which tabs stay, once the registry has answered; and what is said where none does."""
    available = answers.available()
    nothing = "No model is registered yet: run `make` in the project's folder, then reload."
    return [
        *(gr.update(visible=available[name]) for name in names),
        gr.update(value=nothing, visible=not any(available.values())),
    ]


def _classify() -> gr.Tab:
    with gr.Tab("Classify") as tab, gr.Row():
        with gr.Column():
            picture = gr.Image(label="A hand sign", **PICTURE)
            _examples("classify", picture)
        probabilities = gr.Label(label="Label and probability")
    classify = told(_unless_empty(answers.classify))
    picture.change(classify, picture, probabilities, api_name="classify")
    return tab


def _detect() -> gr.Tab:
    with gr.Tab("Detect") as tab, gr.Row():
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
    return tab


def _verify() -> gr.Tab:
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
    return tab


def _identify() -> gr.Tab:
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
    return tab


TABS: dict[str, Callable[[], gr.Tab]] = {
    "classify": _classify,
    "detect": _detect,
    "verify": _verify,
    "identify": _identify,
}


def _threshold_slider() -> gr.Slider:
    return gr.Slider(0, 2, 0.6, step=0.005, label="Largest distance of one person's faces")


def _examples(tab: str, picture: gr.Image) -> None:
    gr.Examples([[str(path)] for path in examples.pictures(tab)], picture, label="Examples")


def _unless_empty(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Nothing for nothing: clearing a picture is a change of it, too."""
    return lambda picture: None if picture is None else function(picture)
