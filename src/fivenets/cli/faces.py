"""`fivenets verify`, `fivenets identify` and `fivenets faces calibrate`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core import files
from fivenets.core.errors import UserError
from fivenets.core.listing import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from fivenets.faces.calibration import Calibration
    from fivenets.faces.embedder import Embedder
    from fivenets.faces.face import Found

app = typer.Typer()
app_of_threshold = typer.Typer(help="Thresholds for faces.", no_args_is_help=True)
app.add_typer(app_of_threshold, name="faces")

Which = Literal["largest", "centre", "only"]
Meant = Literal["all", Which]
By = Literal["distance", "pairs"]
COLUMNS = ("image", "face at", "person", "distance", "threshold")
Out = Annotated[Path | None, typer.Option(help="A folder for copies with the faces marked.")]
Cropped = Annotated[bool, typer.Option("--cropped", help="Take each picture whole, as a face.")]


@app.command()
def verify(
    first: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture of one person.")],
    second: Annotated[Path, typer.Argument(metavar="IMAGE", help="Another one.")],
    model: Model = "facenet",
    face: Annotated[Which, typer.Option(help="Which face, if there are several.")] = "largest",
    by: Annotated[
        By, typer.Option(help="What decides; pairs: the classifier of a model trained on pairs.")
    ] = "distance",
    out: Out = None,
    cropped: Cropped = False,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Says whether two pictures show the same person."""
    from fivenets.faces.embedder import read_face
    from fivenets.faces.embedder import verdict as compared
    from fivenets.faces.face import too_small

    _check_cropped(cropped, out, face, "largest")
    calibration, embedder = _opened(model, trust, out)
    if by == "pairs" and embedder.pairs is None:
        raise UserError(f"{model} was not trained on pairs (mining: pairs): expected --by distance")
    pairs = embedder.pairs if by == "pairs" else None
    found = [read_face(path, cropped, face) for path in (first, second)]
    for path, one in zip((first, second), found, strict=True):
        if len(one.faces) > 1:
            printing.warn(
                f"{path}: {len(one.faces)} faces, of which the {_said(face)} is taken (--face)"
            )
        if out and one.faces:
            is_meant = [place == one.chosen for place in range(len(one.faces))]
            _draw(out, path, one, ["" for _ in one.faces], is_meant)
        if small := too_small(one.sides([one.chosen])):
            printing.warn(f"{path}: {small}")
    of_first, of_second = embedder.embeddings([one.crop for one in found])
    verdict = compared(of_first, of_second, calibration, pairs)
    one, other = (one.picture for one in found)
    if one.shape == other.shape and (one == other).all():
        printing.warn("both are the same picture: its distance to itself says nothing")
    printing.warn(embedder.caution)
    printing.warn(calibration.misfit(cropped))
    if as_json:
        print(json.dumps(asdict(verdict)))
    else:
        word = "the same person" if verdict.same else "two people"
        measure = "distance" if pairs is None else "log-odds of two people"
        # The rates that were measured are those of distances.
        promised = calibration.in_words if pairs is None else f"set on {calibration.data}"
        printing.say(
            f"{word}: {measure} {verdict.distance:.3f}, threshold {verdict.threshold:.3f} "
            f"({promised})"
        )


@app.command()
def identify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures and videos.")],
    gallery: Annotated[Path, typer.Option(help="Known people: a folder <person>/<image>.")],
    model: Model = "facenet",
    face: Annotated[Meant, typer.Option(help="Which faces in a picture; in a video, all.")] = "all",
    out: Out = None,
    cropped: Cropped = False,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Says which of the people in a gallery each face is, if any; in videos, twice a second."""
    from fivenets.faces import enrolment, identification, naming
    from fivenets.faces.face import too_small

    _check_cropped(cropped, out, face, "all", images)
    if face != "all" and (films := _films(images)):
        raise UserError(
            f"in a video all faces are named: --face {face} cannot stand beside {films[0]}"
        )
    calibration, embedder = _opened(model, trust, out)
    known, refused = enrolment.opened(gallery, embedder, cropped, out)
    for sentence in refused:
        printing.warn(f"left out of the gallery: {sentence}")
    threshold, refused, table = calibration.of_gallery(len(known)), [], printing.table(*COLUMNS)
    in_gallery = identification.within(known, threshold)
    tried, rate = calibration.named_in(len(known))
    rates = {
        "threshold": threshold,
        "false_identification": rate,
        "false_identification_entries": tried,
        "false_identification_in_gallery": in_gallery,
    }
    for path in images:
        sides: list[float] = []
        try:
            for named in naming.name_all(path, embedder, known, threshold, face, cropped):
                for row in named.rows():
                    if as_json:
                        print(json.dumps({"image": str(path), **row, **rates}), flush=True)
                    printing.add_row(table, named.title(path), *named.cells(row, threshold))
                sides += named.found.sides(named.meant)
                others = len(named.found.faces) - len(named.meant)
                if others > 0:
                    printing.warn(
                        f"{path}: {others} more faces than the {_said(face)} (--face all)"
                    )
                if out and named.found.faces:
                    meant = [place in named.meant for place in range(len(named.found.faces))]
                    _draw(out, path, named.found, named.labels, meant)
        except UserError as error:
            refused.append(str(error))
        if small := too_small(sides):
            printing.warn(f"{path}: {small}")
    if table.rows and not as_json:
        printing.console().print(table)
    if table.rows:
        printing.warn(calibration.misfit(cropped))
        own = identification.within_in_words(in_gallery, len(known))
        printing.warn(f"{calibration.of_gallery_in_words(len(known))}; {own}")
        printing.warn(embedder.caution)
    if refused:
        raise UserError(*refused)


@app_of_threshold.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your people: <person>/<image>.")],
    far: Annotated[float, typer.Option(help="The share of pairs of strangers to accept, 0..1.")],
    false_identification: Annotated[
        float, typer.Option(help="The share of strangers that a gallery may name, 0..1.")
    ] = 0.02,
    model: Model = "facenet",
    folds: Annotated[
        int, typer.Option(help="Cross-validation folds; at most one per person.")
    ] = 10,
    cropped: Cropped = False,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Sets a model's thresholds from your own people; `verify` and `identify` then use them.

    One is for pairs; that of a gallery falls as the gallery grows.
    """
    from fivenets.faces import enrolment
    from fivenets.faces.calibration import own_calibration_file
    from fivenets.faces.embedder import Embedder
    from fivenets.runs import local, lookup

    if not 0 < false_identification < 1:
        raise UserError(
            f"--false-identification should lie between 0 and 1, it is {false_identification:g}"
        )
    files.check_folder(local.thresholds_folder(), "the folder of thresholds")
    embedder = lookup.load(Embedder.from_file, model, trust)
    calibration, refused = enrolment.calibrated(
        folder, embedder, far, false_identification, folds, cropped
    )
    for sentence in refused:
        printing.warn(f"left out: {sentence}")
    file = own_calibration_file(local.thresholds_folder(), embedder.model_sha256)
    calibration.write(file)
    if as_json:
        print(json.dumps({**asdict(calibration), "skipped": len(refused)}))
    else:
        printing.say(
            f"threshold {calibration.threshold:.3f} ± {calibration.threshold_sd:.3f}; of people "
            f"who had no part in it, such a threshold accepts {_percent(calibration.tar, 1)} of "
            f"pairs of one person and {_percent(calibration.far, 2)} of pairs of two; in a gallery "
            f"of all other people, {_percent(calibration.false_identification, 1)} of strangers "
            f"are named; kept in {file}"
        )


def _opened(model: str, trust: bool, out: Path | None) -> tuple["Calibration", "Embedder"]:
    """The model and its thresholds, once the folder for copies is found to be usable."""
    from fivenets.faces.calibration import calibration_of
    from fivenets.faces.embedder import Embedder
    from fivenets.runs import local, lookup

    if out:
        files.check_folder(out, "--out")

    def read(file: Path) -> "tuple[Calibration, Embedder]":
        embedder = Embedder.from_file(file)  # of a model of another task, this says so
        return calibration_of(file, local.thresholds_folder()), embedder

    return lookup.load(read, model, trust)


def _check_cropped(
    is_cropped: bool, out: Path | None, face: str, usual: str, images: Sequence[Path] = ()
) -> None:
    """Refuses what asks for a face to be found where each picture is taken whole."""
    films = _films(images)
    other = "--out" if out else "--face" if face != usual else films[0] if films else ""
    if is_cropped and other:
        raise UserError(f"--cropped takes pictures whole: it cannot stand beside {other}")


def _films(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths if path.suffix.lower() in VIDEO_SUFFIXES]


def _draw(
    out: Path, path: Path, found: "Found", labels: Sequence[str], meant: Sequence[bool]
) -> None:
    """Writes a copy of a picture, with its faces marked, into the folder `out`."""
    from fivenets.faces import marking

    out.mkdir(parents=True, exist_ok=True)
    drawn = marking.mark(found, labels, meant)
    files.write_picture(drawn, files.free_name(out, path.stem, ".png"))


def _said(face: Which | Meant) -> str:
    return "one in the centre" if face == "centre" else f"{face} one"


def _percent(rate: float | None, digits: int) -> str:
    """In words, also where there were too few people to measure it."""
    return "an unknown part" if rate is None else f"{rate:.{digits}%}"
