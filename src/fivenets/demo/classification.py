"""The tab of hand signs."""

from typing import Any

from fivenets.demo.examples import Examples
from fivenets.demo.tabs import Tab, once, received

MODEL = "signs-cnn"
SIGNS = Examples("example_sign.png", "signs/test_signs/*.jpg")


def classify(picture: Any) -> dict[str, float]:
    """The probability of each label."""
    return _classifier().classify([received(picture)])[0].probabilities


@once
def _classifier() -> Any:
    from fivenets.classification.classifier import Classifier
    from fivenets.runs import registry

    return Classifier.from_file(registry.model_file(MODEL))


def _draw() -> None:
    from fivenets.demo.widgets import PICTURE, examples, gr, told

    with gr.Tab("Classify"), gr.Row():
        with gr.Column():
            picture = gr.Image(label="A hand sign", **PICTURE)
            examples(SIGNS, picture)
        probabilities = gr.Label(label="Label and probability")
    # Clearing a picture is a change of it, too: nothing for nothing.
    asked = told(lambda given: None if given is None else classify(given))
    picture.change(asked, picture, probabilities, api_name="classify")


TABS = (Tab("classify", MODEL, _draw),)
