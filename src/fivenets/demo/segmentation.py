"""The tab of streets, pixel by pixel."""

from typing import Any

from PIL import Image

from fivenets.demo.examples import PAGODA, Examples
from fivenets.demo.tabs import Loaded, Tab, received

MODEL = "unet"
STREETS = Examples(
    {
        "camvid/test/0001TP*.jpg": "as tested, at dusk",
        "camvid/test/Seq05VD*.jpg": "as tested, by day",
        "course_street/0010.jpg": "another country",
        "darknet/data/horses.jpg": "no street at all",
        PAGODA: "no street at all",
    },
    "example_street.png",
    credit="streets: CamVid, CC BY-NC 4.0; drive.ai, CC BY 4.0",
)


def segment(picture: Any) -> tuple[Image.Image, dict[str, float], str]:
    """The picture with classes and a legend drawn, the share of each, and what not to ask."""
    image_rgb_uint8, segmenter = received(picture), _segmenter()
    from fivenets.segmentation import drawing

    found = segmenter.segment(image_rgb_uint8)
    return drawing.drawn(image_rgb_uint8, found), found.shares, segmenter.caution


@Loaded
def _segmenter() -> Any:
    from fivenets.runs import lookup
    from fivenets.segmentation.segmenter import Segmenter

    return lookup.load(Segmenter.from_file, MODEL)


def _draw() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of

    with gr.Tab("Segment"):
        said = said_of(MODEL)
        with gr.Row():
            with gr.Column():
                picture = gr.Image(label="A street", **PICTURE)
                button = gr.Button("Segment", variant="primary")
            with gr.Column():
                caution = gr.Markdown()
                drawn = gr.Image(label="The class of each pixel", interactive=False)
            with gr.Column():
                shares = gr.Label(label="Part of the pixels")
        examples(STREETS, picture)
    answers = [drawn, shares, caution]
    button.click(asked(segment, _segmenter, answers), picture, answers, api_name="segment")
    return said


TABS = (Tab(MODEL, _draw),)
