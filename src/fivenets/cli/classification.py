"""`fivenets classify`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core.errors import UserError

app = typer.Typer()


@app.command()
def classify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures of any size.")],
    model: Model = "signs-cnn",
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Says which class each picture shows, and how probable that is."""
    from fivenets.classification.classifier import Classifier
    from fivenets.runs import lookup

    classifier = lookup.load(Classifier.from_file, model, trust)
    predictions, refused = [], []
    for image in images:
        try:
            predictions.append((image, classifier.classify([image])[0]))
        except UserError as error:
            refused.append(str(error))
    printing.warn(classifier.caution)
    if as_json:
        for image, prediction in predictions:
            print(json.dumps({"image": str(image), **asdict(prediction)}))
    elif predictions:
        table = printing.table("image", "label", "probability")
        for image, prediction in predictions:
            label, probability = prediction.label, f"{prediction.probability:.3f}"
            if prediction.rejected:
                label = f"no {classifier.subject} seen"
                probability = classifier.score_in_words(prediction)
            printing.add_row(table, str(image), label, probability)
        printing.console().print(table)
    if refused:
        raise UserError(*refused)
