"""The tab of hand signs."""

from typing import Any

import numpy as np

from fivenets.demo.examples import FLOWER, Examples
from fivenets.demo.tabs import Loaded, Tab, received

MODEL = "signs-cnn"
SIGNS = Examples(
    {
        "signs/test_signs/0_*.jpg": "as in training",
        "massey_digits/2/hand2_2_bot*.jpeg": "another person's",
        "massey_digits/5/hand2_5_bot*.jpeg": "another person's",
        "darknet/data/person.jpg": "hands far away",
        FLOWER: "no hand: rejected?",
    },
    "example_sign.png",
)


def classify(picture: Any) -> tuple[dict[str, float], str, np.ndarray]:
    """The probability of each label, what is to be said of it, and where the best one was seen."""
    classifier, image = _classifier(), received(picture)
    found = classifier.classify([image])[0]
    seen, probabilities = classifier.seen(image, found.label), found.probabilities
    if found.rejected:
        said = (
            f"**No {classifier.subject} seen**: the score is {found.score:.1f}, at least "
            f"{classifier.calibration.least_score:.1f} is needed. The least unlike: {found.label}."
        )
        probabilities = {}
    else:
        said = f"**{found.label}**, with a probability of {found.probability:.2f}."
    return probabilities, f"{said} {classifier.caution}".strip(), seen


@Loaded
def _classifier() -> Any:
    from fivenets.classification import grad_cam  # noqa: F401  # TensorFlow, see `Loaded`
    from fivenets.classification.classifier import Classifier
    from fivenets.runs import lookup

    return lookup.load(Classifier.from_file, MODEL)


def _draw() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of

    with gr.Tab("Classify"):
        said = said_of(MODEL)
        with gr.Row():
            with gr.Column():
                picture = gr.Image(label="A hand sign", **PICTURE)
            with gr.Column():
                answer = gr.Markdown()
                probabilities = gr.Label(label="Label and probability")
            with gr.Column():
                seen = gr.Image(
                    label="What was looked at (Grad-CAM)", interactive=False, height=320
                )
        examples(SIGNS, picture)
    outputs = [probabilities, answer, seen]

    def classified(given: Any) -> Any:
        # Clearing a picture is a change of it, too: nothing for nothing.
        return (None, "", None) if given is None else classify(given)

    picture.change(asked(classified, _classifier, outputs), picture, outputs, api_name="classify")
    return said


TABS = (Tab(MODEL, _draw),)
