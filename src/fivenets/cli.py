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


FaceModel = Annotated[
    str, typer.Option("--model", help="A registered NAME, NAME@ALIAS, NAME/VERSION or .keras file.")
]
Cropped = Annotated[
    bool, typer.Option("--cropped", help="The pictures are faces already: take them whole.")
]
faces = typer.Typer(help="The faces' threshold.", no_args_is_help=True)
app.add_typer(faces, name="faces")


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
def verify(
    first: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture of one person.")],
    second: Annotated[Path, typer.Argument(metavar="IMAGE", help="Another one.")],
    model: FaceModel = "facenet",
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Says whether two pictures show the same person."""
    from fivenets import registry
    from fivenets.faces.embedder import Embedder, calibration_of
    from fivenets.images import read_image

    file = registry.model_file(model)
    calibration = calibration_of(file, _own_thresholds())
    verdict = Embedder.from_file(file).verify(first, second, calibration, cropped)
    one, other = read_image(first), read_image(second)
    if one.shape == other.shape and (one == other).all():
        typer.echo("both are the same picture: its distance to itself says nothing", err=True)
    if as_json:
        print(json.dumps(asdict(verdict)))
    else:
        word = "the same person" if verdict.same else "two people"
        Console().print(
            f"{word}: distance {verdict.distance:.3f}, threshold {verdict.threshold:.3f} "
            f"(FAR {verdict.target_far:g}, {calibration.data})"
        )


@app.command()
def identify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="One person in each.")],
    gallery: Annotated[Path, typer.Option(help="A folder <person>/<image> of those to be known.")],
    model: FaceModel = "facenet",
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Says who of the gallery's people each picture shows, if any."""
    from fivenets import registry
    from fivenets.faces import enrolment
    from fivenets.faces.embedder import Embedder, calibration_of

    file = registry.model_file(model)
    calibration, embedder = calibration_of(file, _own_thresholds()), Embedder.from_file(file)
    known, refused = enrolment.opened(gallery, embedder, cropped)
    for sentence in refused:
        typer.echo(f"left out of the gallery: {sentence}", err=True)
    found, refused = {}, []
    for image in images:
        try:
            [found[image]] = known.search(embedder.embed([image], cropped), calibration.threshold)
        except UserError as error:
            refused.append(str(error))
    table = Table("image", "person", "distance", "threshold")
    for image, match in found.items():
        if as_json:
            row = {"image": str(image), "person": match.person, "distance": match.distance}
            print(json.dumps({**row, "threshold": calibration.threshold}))
        person = match.person or "not recognised"
        table.add_row(str(image), person, f"{match.distance:.3f}", f"{calibration.threshold:.3f}")
    if found and not as_json:
        Console().print(table)
    if refused:
        raise UserError("\nerror: ".join(refused))


@faces.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your people: <person>/<image>.")],
    far: Annotated[float, typer.Option(help="The part of strangers' pairs to be accepted.")],
    model: FaceModel = "facenet",
    folds: Annotated[int, typer.Option(help="Folds of people; at most as many as people.")] = 10,
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Sets a model's threshold by your own people; `verify` and `identify` use it from then on."""
    from fivenets import registry
    from fivenets.faces import enrolment
    from fivenets.faces.embedder import Embedder, own_calibration_file

    embedder = Embedder.from_file(registry.model_file(model))
    calibration, measured, refused = enrolment.calibrated(folder, embedder, far, folds, cropped)
    for sentence in refused:
        typer.echo(f"left out: {sentence}", err=True)
    file = own_calibration_file(_own_thresholds(), embedder.model_sha256)
    calibration.write(file)
    if as_json:
        print(json.dumps({**asdict(calibration), **measured, "skipped": len(refused)}))
    else:
        Console().print(
            f"threshold {calibration.threshold:.3f} ± {calibration.threshold_sd:.3f}: accepts "
            f"{measured['tar']:.1%} of pairs of one person, {measured['far']:.2%} of two people; "
            f"kept in {file}"
        )


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


def _own_thresholds() -> Path:
    """Where `faces calibrate` keeps thresholds: beside the models of the project."""
    from fivenets.tracking import project_folder

    return project_folder() / "calibrations"


def main() -> None:
    """Runs the command; a user's mistake becomes a sentence and exit code 2."""
    with reported():
        app()
