"""The tab of scenes with objects."""

from dataclasses import replace
from typing import Any

from PIL import Image

from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Tab, once, received

MODEL = "yolov2"
SCENES = Examples(
    "example_street.png",
    "darknet/data/*.jpg",
    more="course_street/*.jpg",
    credit="streets: drive.ai, CC BY 4.0",
)
ROWS = ("object", "score", "left", "top", "right", "bottom")  # of the table of what was detected


def detect(
    picture: Any, score_threshold: float, iou_threshold: float
) -> tuple[Image.Image, list[list], str]:
    """The picture with boxes drawn, a row of ROWS for each, and what not to ask of the model."""
    image_rgb_uint8, detector = received(picture), _detector()
    from fivenets.detection import boxes, drawing

    profile = boxes.profile("course", score_threshold)
    found = detector.detect_in(image_rgb_uint8, replace(profile, iou_threshold=iou_threshold))
    rows = [
        [one.label, round(one.score, 3), *map(round, (one.x1, one.y1, one.x2, one.y2))]
        for one in found
    ]
    return drawing.draw(image_rgb_uint8, found, detector.labels), rows, detector.caution


@once
def _detector() -> Any:
    from fivenets.detection.detector import Detector
    from fivenets.runs import lookup

    return Detector.from_file(lookup.model_file(MODEL)).for_inference()


def _draw() -> None:
    from fivenets.demo.widgets import PICTURE, examples, gr, told

    with gr.Tab("Detect"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A scene", **PICTURE)
            score = gr.Slider(0, 1, 0.6, step=0.01, label="Least score of a box")
            overlap = gr.Slider(0, 1, 0.5, step=0.01, label="Most overlap (IoU) with a surer box")
            button = gr.Button("Detect", variant="primary")
            examples(SCENES, picture, f"Examples ({SCENES.credit})")
        with gr.Column():
            drawn = gr.Image(label="Found", interactive=False)
            table = gr.Dataframe(headers=list(ROWS), label="Boxes in pixels")
            caution = gr.Markdown()
    asked = [button.click, score.release, overlap.release]
    answers = [drawn, table, caution]
    gr.on(asked, told(detect), [picture, score, overlap], answers, api_name="detect")


TABS = (Tab("detect", MODEL, _draw),)
