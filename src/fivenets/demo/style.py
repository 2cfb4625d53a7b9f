"""The tab of paintings."""

from collections.abc import Generator
from queue import Queue
from threading import Event, Thread
from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.demo.examples import FLOWER, PAGODA, Examples
from fivenets.demo.tabs import Loaded, Tab, received

MODEL = "style-transfer"
CONTENTS = Examples(
    {
        PAGODA: "much detail",
        "darknet/data/horses.jpg": "large forms",
        "course_street/0010.jpg": "an empty sky: little paint",
    },
    "example_street.png",
    credit="street: drive.ai, CC BY 4.0",
)
STYLES = Examples(
    {
        "style_images/starry_night_google.jpg": "The Starry Night",
        "style_images/the_scream.jpg": "The Scream",
        "style_images/wave.jpg": "The Great Wave",
        FLOWER: "a photograph: no strokes",
    },
    "example_street.png",
)
PRESETS = ("faithful", "balanced", "wild")  # style.settings.PRESETS, the same
COLOURS = ("style", "luminance", "histogram")  # style.colours.COLOURS, whose import takes seconds


def stylize(
    content: Any,
    style: Any,
    size: float,
    iterations: float,
    style_scale: float,
    colours: str,
    preset: str = PRESETS[1],
) -> Generator[tuple[np.ndarray, str], None, None]:
    """The content in the style, again and again while it is painted, each with how far it is.

    Closing the iterator ends the painting. Args: fields of `style.settings.Settings`, and a
    preset, which they overrule.
    """
    images_rgb_uint8, stylizer = [received(content), received(style)], _stylizer()
    from fivenets.style import pictures
    from fivenets.style.result import Result

    options = {"size": int(size), "iterations": int(iterations)}
    options |= {"style_scale": float(style_scale), "colours": colours, "preset": preset}
    total = stylizer.with_options(options).total_iterations
    arrived: Queue[Any] = Queue()
    is_closed = Event()

    def paint() -> None:
        def observe(now: Any) -> None:
            if is_closed.is_set():
                raise UserError("nobody waits for this picture any more")
            arrived.put(now)

        try:
            arrived.put(
                stylizer.stylize(
                    images_rgb_uint8[0], images_rgb_uint8[1:], options=options, observe=observe
                )
            )
        except Exception as error:
            arrived.put(error)

    Thread(target=paint, daemon=True).start()
    try:
        while True:
            latest = arrived.get()
            while not arrived.empty():
                latest = arrived.get()
            if isinstance(latest, Exception):
                raise latest
            if isinstance(latest, Result):
                yield latest.image, f"{latest.iterations} iterations in {latest.seconds:.0f} s"
                return
            done = f"iteration {latest.iteration + 1} of at most {total}"
            loss = f"style loss {latest.losses['style_loss']:.3g}"
            yield pictures.to_uint8(latest.image), f"{done}, {latest.seconds:.0f} s, {loss}"
    finally:
        is_closed.set()


def faded(content: Any, painted: Any, share: float) -> np.ndarray:
    """Between the content, at 0, and what was painted of it, at 1: (height, width, 3) uint8.

    Raises: UserError where one of them is missing.
    """
    images_rgb_uint8 = [received(content), received(painted)]
    from fivenets.style import pictures

    height, width, _ = images_rgb_uint8[1].shape
    begun = pictures.resize(images_rgb_uint8[0], height, width)
    return pictures.to_uint8((1 - share) * begun + share * (images_rgb_uint8[1] / 255))


@Loaded
def _stylizer() -> Any:
    from fivenets.runs import lookup
    from fivenets.style.stylizer import Stylizer

    return lookup.load(Stylizer.from_file, MODEL)


def _draw() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of, told

    with gr.Tab("Stylize"):
        said = said_of(MODEL)
        with gr.Row():
            with gr.Column():
                with gr.Row():
                    content = gr.Image(label="Content", **PICTURE)
                    style = gr.Image(label="Style", **PICTURE)
                size = gr.Slider(64, 512, 256, step=16, label="Pixels at the longer side")
                iterations = gr.Slider(5, 300, 60, step=5, label="Iterations at each scale")
                scale = gr.Slider(0.25, 2, 1, step=0.05, label="Size of strokes")
                colours = gr.Radio(COLOURS, value=COLOURS[0], label="Whose colours")
                preset = gr.Radio(PRESETS, value=PRESETS[1], label="How far from the content")
            with gr.Column():
                with gr.Row():
                    button = gr.Button("Paint", variant="primary")
                    stop = gr.Button("Stop")
                progress = gr.Markdown()
                painted = gr.Image(label="Painted", interactive=False, format="png")
                share = gr.Slider(0, 1, 1, step=0.05, label="From the content to what was painted")
                between = gr.Image(label="Between both", interactive=False)
        with gr.Row():
            with gr.Column():
                examples(CONTENTS, content, "Examples of contents")
            with gr.Column():
                examples(STYLES, style, "Examples of styles")
    share.release(told(faded), [content, painted, share], between, api_visibility="private")
    given, answers = [content, style, size, iterations, scale, colours, preset], [painted, progress]
    painting = button.click(asked(stylize, _stylizer, answers), given, answers, api_name="stylize")
    stop.click(None, cancels=[painting], api_visibility="private")
    return said


TABS = (Tab(MODEL, _draw),)
