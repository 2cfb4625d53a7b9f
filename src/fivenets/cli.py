"""The `fivenets` command."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import progress
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
def detect(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="Pictures, or folders of pictures.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="A folder for pictures with boxes drawn.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="A registered NAME, NAME@ALIAS, NAME/VERSION or a .keras file.")
    ] = "yolov2",
    profile: Annotated[
        str, typer.Option(help="Thresholds: course (0.6, 0.5) or benchmark (0.001, 0.45).")
    ] = "course",
    score_threshold: Annotated[
        float | None, typer.Option(help="In place of the profile's, 0..1.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Finds objects in each picture, with a box in that picture's pixels."""
    from fivenets import registry
    from fivenets.detection import boxes, listing
    from fivenets.detection.detector import Detector

    thresholds = boxes.profile(profile, score_threshold)
    paths = listing.pictures(images)
    detector = Detector.from_file(registry.model_file(model)).for_inference()
    table, refused = Table("image", "class", "score", "x1, y1, x2, y2"), []
    for path in progress.track(paths, "detecting", console=Console(stderr=True), transient=True):
        try:
            found = listing.detect(detector, path, thresholds, out)
        except UserError as error:
            refused.append(str(error))
            continue
        for detection in found:
            if as_json:
                print(json.dumps({"image": str(path), **detection.row()}), flush=True)
            corners = (detection.x1, detection.y1, detection.x2, detection.y2)
            box = ", ".join(f"{corner:.0f}" for corner in corners)
            table.add_row(str(path), detection.label, f"{detection.score:.3f}", box)
    if not as_json and table.rows:
        Console().print(table)
    if refused:
        raise UserError("\nerror: ".join(refused))


@app.command()
def convert(
    cfg: Annotated[Path, typer.Argument(metavar="CFG", help="Darknet's description.")],
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="Darknet's numbers.")],
    out: Annotated[Path, typer.Option(metavar="FILE.keras", help="Where to write the model.")],
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Where to write the evidence.")
    ] = None,
    names: Annotated[Path | None, typer.Option(help="Names of classes, one a line.")] = None,
    resize: Annotated[
        str, typer.Option(help="letterbox (as Darknet) or stretch (as the course).")
    ] = "letterbox",
    image: Annotated[
        list[Path] | None, typer.Option(help="A picture to compare engines on; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Converts a detector of the YOLOv2 family to Keras and compares it with other engines."""
    from fivenets import images
    from fivenets.detection import certificate as certificates
    from fivenets.detection.detector import Detector, read_names

    if out.suffix != ".keras":
        raise UserError(f"--out should end in .keras, it is {out}")
    labels = read_names(names) if names else None
    photographs = [images.read_image(path) for path in image or []]
    detector = Detector.from_darknet(cfg, weights, labels, resize)
    record = certificates.certify(detector, cfg, weights, photographs)
    if record["engines"] and not certificates.is_equal(record):
        raise UserError(f"{out} is not written: engines disagree: {json.dumps(record['engines'])}")
    detector.save(out)
    if certificate:
        certificate.write_text(json.dumps(record, indent=2) + "\n")
    if as_json:
        print(json.dumps(record))
        return
    compared = ", ".join(record["engines"]) or "nothing: OpenCV below 5 is not installed"
    Console().print(f"{out}: {record['parameters']:,} parameters, compared with {compared}")
    for name, engine in record["engines"].items():
        raw, box = engine["max_abs_difference"], engine["max_box_difference_px"]
        Console().print(f"  {name}: raw output within {raw:.1e}, boxes within {box:.1e} px")


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
