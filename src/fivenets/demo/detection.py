"""The tab of scenes with objects."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from PIL import Image

from fivenets.demo.examples import FLOWER, Examples
from fivenets.demo.tabs import Loaded, Tab, about_model, received

MODEL, STREETS = "yolov2", "yolov2-compact"
MODELS = {"many things": MODEL, "cars and people in streets: trained here": STREETS}
SCENES = Examples(
    {
        "darknet/data/dog.jpg": "three of its classes",
        "darknet/data/horses.jpg": "horses, or cows?",
        "course_street/0010.jpg": "a street, far cars",
        "camvid/test/*.jpg": "a street, thin people",
        FLOWER: "none of its classes",
    },
    "example_street.png",
    credit="streets: drive.ai, CC BY 4.0; CamVid, CC BY-NC 4.0",
)
ROWS = ("object", "score", "left", "top", "right", "bottom")  # of the table of what was detected


def detect(
    picture: Any, score_threshold: float, iou_threshold: float, model: str = MODEL
) -> tuple[Image.Image, list[list], str]:
    """The picture with boxes drawn, a row of ROWS for each, and what not to ask of the model."""
    image_rgb_uint8, detector = received(picture), DETECTORS[model]()
    from fivenets.detection import boxes, drawing

    profile = boxes.profile("course", score_threshold)
    found = detector.detect_in(image_rgb_uint8, replace(profile, iou_threshold=iou_threshold))
    rows = [
        [one.label, round(one.score, 3), *map(round, (one.x1, one.y1, one.x2, one.y2))]
        for one in found
    ]
    return drawing.draw(image_rgb_uint8, found, detector.labels), rows, detector.caution


def _load(model: str) -> Any:
    from fivenets.detection.detector import Detector
    from fivenets.runs import lookup

    return lookup.load(Detector.from_file, model).for_inference()


DETECTORS = {model: Loaded(partial(_load, model)) for model in MODELS.values()}


def _draw() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of, told

    with gr.Tab("Detect"):
        said = said_of(MODEL)
        with gr.Row():
            with gr.Column():
                picture = gr.Image(label="A scene", **PICTURE)
                button = gr.Button("Detect", variant="primary")
                model = gr.Radio(list(MODELS.items()), value=MODEL, label="What is looked for")
                score = gr.Slider(0, 1, 0.6, step=0.01, label="Least score of a box")
                overlap = gr.Slider(
                    0, 1, 0.5, step=0.01, label="Most overlap (IoU) with a surer box"
                )
            with gr.Column():
                caution = gr.Markdown()
                drawn = gr.Image(label="Found", interactive=False)
                table = gr.Dataframe(headers=list(ROWS), label="Boxes in pixels")
        examples(SCENES, picture)
    given, answers = [picture, score, overlap, model], [drawn, table, caution]
    ask = {name: asked(detect, load, answers) for name, load in DETECTORS.items()}

    def chosen(*args: Any) -> Iterator[Any]:
        yield from ask[args[-1]](*args)

    model.input(told(about_model), model, said, show_progress="hidden", api_visibility="private")
    events = [button.click, score.release, overlap.release]
    gr.on(events, chosen, given, answers, api_name="detect")
    return said


TABS = (Tab(MODEL, _draw),)
