"""The tab of hand signs."""

from typing import Any

import numpy as np

from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Tab, once, received

MODEL = "signs-cnn"
SIGNS = Examples("example_sign.png", "signs/test_signs/*.jpg")


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


@once
def _classifier() -> Any:
    from fivenets.classification import grad_cam  # noqa: F401  # TensorFlow, see `once`
    from fivenets.classification.classifier import Classifier
    from fivenets.runs import lookup

    return Classifier.from_file(lookup.model_file(MODEL))


def _draw() -> None:
    from fivenets.demo.widgets import PICTURE, examples, gr, told

    with gr.Tab("Classify"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A hand sign", **PICTURE)
            examples(SIGNS, picture)
        with gr.Column():
            answer = gr.Markdown()
            probabilities = gr.Label(label="Label and probability")
            seen = gr.Image(label="What was looked at (Grad-CAM)", interactive=False)
    # Clearing a picture is a change of it, too: nothing for nothing.
    asked = told(lambda given: (None, "", None) if given is None else classify(given))
    picture.change(asked, picture, [probabilities, answer, seen], api_name="classify")


TABS = (Tab("classify", MODEL, _draw),)
