"""The tab of paintings."""

from collections.abc import Generator
from queue import Queue
from threading import Event, Thread
from typing import Any

import numpy as np
from PIL import Image

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
MARKS = "0 is faithful, 0.5 balanced, 1 wild; all take about as long"  # style.presets.PRESETS
TIME = "With twice as many, it takes four times as long."
CANVAS = 512  # pixels at the longer side of what is drawn on
COLOURS = ("style", "luminance", "histogram")  # style.colours.COLOURS, whose import takes seconds


def stylize(
    content: Any,
    style: Any,
    size: float,
    iterations: float,
    style_scale: float,
    colours: str,
    strength: float = 0.5,
    where: dict | None = None,
) -> Generator[tuple[np.ndarray, str], None, None]:
    """The content in the style, again and again while it is painted, each with how far it is.

    Closing the iterator ends the painting. Args: fields of `style.settings.Settings`, and a
    strength (see `style.presets`), which they overrule. where: what was drawn on the content, as
    Gradio's editor of images has it; the style goes there, or everywhere.
    """
    images_rgb_uint8 = [received(content), received(style)]
    mask = mask_of(where, images_rgb_uint8[0].shape)
    stylizer = _stylizer()
    from fivenets.style import pictures
    from fivenets.style.result import Result

    options = {"size": int(size), "iterations": int(iterations), "strength": float(strength)}
    options |= {"style_scale": float(style_scale), "colours": colours}
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
                    images_rgb_uint8[0],
                    images_rgb_uint8[1:],
                    masks=None if mask is None else [mask],
                    options=options,
                    observe=observe,
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


def stopped(words: str) -> str:
    """What stands below a picture whose painting was stopped; words: what stood there."""
    return f"Stopped: {words}" if words.startswith("iteration") else words


def canvas(content: Any) -> Image.Image | None:
    """The content to draw on: small, so that a brush is as wide on every picture."""
    if content is None:
        return None
    shown = Image.fromarray(received(content))
    shown.thumbnail((CANVAS, CANVAS))
    return shown


def mask_of(where: dict | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """(height, width, 3) uint8: white where something was drawn; none where nothing was.

    Args: where: `layers`, RGBA, of any size. shape: of the content, (height, width, 3).
    Raises: UserError for what is no drawing.
    """
    height, width = shape[:2]
    mask = np.zeros((height, width), bool)
    for layer in (where or {}).get("layers") or []:
        if not isinstance(layer, Image.Image):
            raise UserError("expected a drawing, received text")
        drawn = layer.convert("RGBA").getchannel("A").resize((width, height))
        mask |= np.asarray(drawn) > 127
    return np.repeat(np.uint8(255) * mask[..., None], 3, axis=-1) if mask.any() else None


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
    from fivenets.demo.widgets import DRAWN_ON, PICTURE, asked, examples, gr, said_of, told

    with gr.Tab("Stylize"):
        said = said_of(MODEL)
        with gr.Row():
            content = gr.Image(label="Content", **PICTURE)
            style = gr.Image(label="Style", **PICTURE)
            with gr.Column():
                painted = gr.Image(label="Painted", interactive=False, format="png", height=320)
                share = gr.Slider(
                    0, 1, 1, step=0.05, label="Fade: 0 is the content, 1 the painting"
                )
        kept = gr.State()  # the content and what was painted of it last
        progress = gr.Markdown()
        with gr.Row():
            button = gr.Button("Paint", variant="primary")
            stop = gr.Button("Stop")
        with gr.Row():
            with gr.Column():
                strength = gr.Slider(
                    0, 1, 0.5, step=0.05, label="From content to style", info=MARKS
                )
                scale = gr.Slider(0.25, 2, 1, step=0.05, label="Size of strokes")
                colours = gr.Radio(COLOURS, value=COLOURS[0], label="Whose colours")
            with gr.Column():
                size = gr.Slider(
                    64, 512, 256, step=16, label="Pixels at the longer side", info=TIME
                )
                iterations = gr.Slider(5, 300, 60, step=5, label="Iterations at each scale")
        in_part = gr.Checkbox(label="Paint a part of the picture only")
        where = gr.ImageEditor(label="Draw over what is to be painted", visible=False, **DRAWN_ON)
        with gr.Row():
            with gr.Column():
                examples(CONTENTS, content, "Examples of contents")
            with gr.Column():
                examples(STYLES, style, "Examples of styles")

    def paint(*given: Any) -> Generator[tuple, None, None]:
        for image, words in stylize(*given):
            yield (given[0], image), image, words

    def fade(both: tuple[Any, Any] | None, share: float) -> np.ndarray:
        if both is None:
            raise UserError("nothing is painted yet: choose two pictures and press Paint")
        return faded(*both, share)

    def ask_where(in_part: bool, picture: Any) -> Any:
        return gr.update(visible=in_part, value=canvas(picture) if in_part else None)

    changes = [content.change, in_part.change]
    gr.on(changes, told(ask_where), [in_part, content], where, api_visibility="private")
    share.release(told(fade), [kept, share], painted, api_visibility="private")
    given = [content, style, size, iterations, scale, colours, strength, where]
    answers = [kept, painted, progress]
    button.click(lambda: 1, None, share, show_progress="hidden", api_visibility="private")
    painting = button.click(asked(paint, _stylizer, answers), given, answers, api_name="stylize")
    stop.click(stopped, progress, progress, cancels=[painting], api_visibility="private")
    return said


TABS = (Tab(MODEL, _draw),)
