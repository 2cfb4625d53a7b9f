"""The `fivenets` command."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fivenets.errors import UserError, reported

app = typer.Typer(
    help="The models of the convolutional-networks course, on your own pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line on standard output.")]


@app.callback()
def fivenets() -> None:
    """Keeps `classify` a subcommand while there are few."""


@app.command()
def classify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures of any size.")],
    model: Annotated[
        str, typer.Option(help="A registered NAME, NAME@ALIAS, NAME/VERSION or a .keras file.")
    ] = "signs-cnn",
    as_json: Json = False,
) -> None:
    """Says which label each picture has, and how probable it is."""
    from fivenets import registry
    from fivenets.classification.classifier import Classifier

    classifier = Classifier.from_file(registry.model_file(model))
    predictions, refused = [], []
    for image in images:
        try:
            predictions.append((image, classifier.classify([image])[0]))
        except UserError as error:
            refused.append(str(error))
    if as_json:
        for image, prediction in predictions:
            print(json.dumps({"image": str(image), **asdict(prediction)}))
    elif predictions:
        table = Table("image", "label", "probability")
        for image, prediction in predictions:
            table.add_row(str(image), prediction.label, f"{prediction.probability:.3f}")
        Console().print(table)
    if refused:
        raise UserError("\nerror: ".join(refused))


@app.command()
def results(as_json: Json = False) -> None:
    """Prints the results table of the last `make`."""
    from fivenets import results
    from fivenets.tracking import project_folder

    file = project_folder() / results.REPORTS / "results.json"
    if not file.exists():
        raise UserError(f"{file} not found: run `make` first")
    rows = json.loads(file.read_text())
    if as_json:
        for row in rows:
            print(json.dumps(row))
    else:
        Console().print(*results.terminal(rows))


def main() -> None:
    """Runs the command; a user's mistake becomes a sentence and exit code 2."""
    with reported():
        app()
