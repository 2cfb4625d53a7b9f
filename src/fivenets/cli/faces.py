"""`fivenets verify`, `fivenets identify` and `fivenets faces calibrate`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import MODEL_HELP, Json
from fivenets.core.errors import UserError, printable

if TYPE_CHECKING:
    from fivenets.faces.embedder import Calibration

app = typer.Typer()
app_of_threshold = typer.Typer(help="The faces' threshold.", no_args_is_help=True)
app.add_typer(app_of_threshold, name="faces")
Model = Annotated[str, typer.Option("--model", help=MODEL_HELP)]
Cropped = Annotated[
    bool, typer.Option("--cropped", help="The pictures are faces already: take them whole.")
]


@app.command()
def verify(
    first: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture of one person.")],
    second: Annotated[Path, typer.Argument(metavar="IMAGE", help="Another one.")],
    model: Model = "facenet",
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Says whether two pictures show the same person."""
    from fivenets.core.images import read_image
    from fivenets.faces.embedder import Embedder, calibration_of
    from fivenets.runs import registry

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
        printing.say(
            f"{word}: distance {verdict.distance:.3f}, threshold {verdict.threshold:.3f} "
            f"(FAR {verdict.target_far:g}, {calibration.data})"
        )


@app.command()
def identify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="One person in each.")],
    gallery: Annotated[Path, typer.Option(help="Known people: a folder <person>/<image>.")],
    model: Model = "facenet",
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Says which of the gallery's people each picture shows, if any."""
    from fivenets.faces import enrolment, identification
    from fivenets.faces.embedder import Embedder, calibration_of
    from fivenets.runs import registry

    file = registry.model_file(model)
    calibration, embedder = calibration_of(file, _own_thresholds()), Embedder.from_file(file)
    known, refused = enrolment.opened(gallery, embedder, cropped)
    for sentence in refused:
        typer.echo(printable(f"left out of the gallery: {sentence}"), err=True)
    found, refused = {}, []
    for image in images:
        try:
            [found[image]] = known.search(embedder.embed([image], cropped), calibration.threshold)
        except UserError as error:
            refused.append(str(error))
    table = printing.table("image", "person", "distance", "threshold")
    in_gallery = identification.within(known, calibration.threshold)
    for image, match in found.items():
        if as_json:
            row = {"image": str(image), "person": match.person, "distance": match.distance}
            rates = {
                "threshold": calibration.threshold,
                "false_identification": calibration.false_identification,
                "false_identification_in_gallery": in_gallery,
            }
            print(json.dumps({**row, **rates}))
        person = match.person or "not recognised"
        numbers = (f"{match.distance:.3f}", f"{calibration.threshold:.3f}")
        printing.add_row(table, str(image), person, *numbers)
    if found and not as_json:
        printing.console().print(table)
    if found:
        typer.echo(printing.printable(_of_strangers(calibration, in_gallery, len(known))), err=True)
    if refused:
        raise UserError("\nerror: ".join(refused))


@app_of_threshold.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your people: <person>/<image>.")],
    far: Annotated[float, typer.Option(help="The share of strangers' pairs to accept, 0..1.")],
    model: Model = "facenet",
    folds: Annotated[int, typer.Option(help="Folds of people; at most as many as people.")] = 10,
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Sets a model's threshold by your own people; `verify` and `identify` use it from then on."""
    from fivenets.core import files
    from fivenets.faces import enrolment
    from fivenets.faces.embedder import Embedder, own_calibration_file
    from fivenets.runs import registry

    files.check_folder(_own_thresholds(), "the folder of thresholds")
    embedder = Embedder.from_file(registry.model_file(model))
    calibration, measured, refused = enrolment.calibrated(folder, embedder, far, folds, cropped)
    for sentence in refused:
        typer.echo(printable(f"left out: {sentence}"), err=True)
    file = own_calibration_file(_own_thresholds(), embedder.model_sha256)
    calibration.write(file)
    if as_json:
        print(json.dumps({**asdict(calibration), **measured, "skipped": len(refused)}))
    else:
        printing.say(
            f"threshold {calibration.threshold:.3f} ± {calibration.threshold_sd:.3f}; of people "
            f"who had no part in it, such a threshold accepts {_percent(measured['tar'], 1)} of "
            f"pairs of one person and {_percent(measured['far'], 2)} of pairs of two; "
            f"{calibration.identification}; kept in {file}"
        )


def _of_strangers(calibration: "Calibration", in_gallery: float | None, size: int) -> str:
    """What the threshold is worth for people who are not in the gallery."""
    own = (
        "with one person in it, this gallery cannot say more"
        if in_gallery is None
        else f"this gallery takes {in_gallery:.1%} of its {size:,} pictures for somebody "
        "else's when their person is left out"
    )
    measured = calibration.identification or "false identification was not measured"
    return (
        f"the threshold is for one pair (FAR {calibration.target_far:g}) and not for a gallery: "
        f"{measured}; {own}"
    )


def _percent(rate: float | None, digits: int) -> str:
    """In words, also where there were too few people to measure it."""
    return "an unknown part" if rate is None else f"{rate:.{digits}%}"


def _own_thresholds() -> Path:
    """Where `faces calibrate` keeps thresholds: beside the models of the project."""
    from fivenets.runs.tracking import project_folder

    return project_folder() / "calibrations"
