"""The tab of streets, pixel by pixel."""

from typing import Any

from PIL import Image

from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Tab, once, received

MODEL = "unet"
STREETS = Examples(
    "example_street.png",
    "camvid/test/*.jpg",
    more="course_street/*.jpg",
    credit="streets: CamVid, CC BY-NC 4.0; drive.ai, CC BY 4.0",
)


def segment(picture: Any) -> tuple[Image.Image, dict[str, float], str]:
    """The picture with classes and a legend drawn, the share of each, and what not to ask."""
    image_rgb_uint8, segmenter = received(picture), _segmenter()
    from fivenets.segmentation import drawing

    found = segmenter.segment(image_rgb_uint8)
    return drawing.drawn(image_rgb_uint8, found), found.shares, segmenter.caution


@once
def _segmenter() -> Any:
    from fivenets.runs import lookup
    from fivenets.segmentation.segmenter import Segmenter

    return Segmenter.from_file(lookup.model_file(MODEL))


def _draw() -> None:
    from fivenets.demo.widgets import PICTURE, examples, gr, told

    with gr.Tab("Segment"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A street", **PICTURE)
            button = gr.Button("Segment", variant="primary")
            examples(STREETS, picture, f"Examples ({STREETS.credit})")
        with gr.Column():
            drawn = gr.Image(label="The class of each pixel", interactive=False)
            shares = gr.Label(label="Part of the pixels")
            caution = gr.Markdown()
    button.click(told(segment), picture, [drawn, shares, caution], api_name="segment")


TABS = (Tab("segment", MODEL, _draw),)
