"""The tab of the points of faces."""

from typing import Any

from PIL import Image

from fivenets.demo.examples import FLOWER, Examples
from fivenets.demo.tabs import Loaded, Tab, received

MODEL = "landmarks"
FACES = Examples(
    {
        "lfw10/Tony_Blair/*_0001.jpg": "a face",
        "lfw10/Ariel_Sharon/*_0001.jpg": "another one",
        "att_faces/s1/*": "grey, and small",
        "darknet/data/person.jpg": "far away",
        FLOWER: "no face",
    },
    "example_face.png",
)


def landmarks(picture: Any) -> tuple[Image.Image, str]:
    """The picture with the points of each face, and in words on how many."""
    image_rgb_uint8, locator = received(picture), _locator()
    from fivenets.face_points import in_words, points_of_faces
    from fivenets.localisation import drawing

    image, found, _ = points_of_faces(locator, image_rgb_uint8, "the picture")
    return drawing.drawn(image, found, "points"), f"{in_words(found)}. {locator.caution}".strip()


@Loaded
def _locator() -> Any:
    from fivenets.localisation.locator import Locator
    from fivenets.runs import lookup

    return lookup.load(Locator.from_file, MODEL)


def _draw() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of

    with gr.Tab("Landmarks"):
        said = said_of(MODEL)
        with gr.Row():
            with gr.Column():
                picture = gr.Image(label="A face, or several", **PICTURE)
                button = gr.Button("Find points", variant="primary")
            with gr.Column():
                words = gr.Markdown()
                drawn = gr.Image(label="The points of each face", interactive=False)
        examples(FACES, picture)
    answers = [drawn, words]
    button.click(asked(landmarks, _locator, answers), picture, answers, api_name="landmarks")
    return said


TABS = (Tab(MODEL, _draw),)
