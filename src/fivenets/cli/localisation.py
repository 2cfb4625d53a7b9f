"""`fivenets landmarks` and `fivenets locate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core.errors import UserError

if TYPE_CHECKING:
    from fivenets.localisation.locator import Located, Locator

app = typer.Typer()
ENDINGS = (".png", ".jpg", ".jpeg")

Picture = Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture of any size.")]
Out = Annotated[
    Path, typer.Option(metavar="FILE", help="Where to write the drawing: .png or .jpg.")
]


@app.command()
def landmarks(
    picture: Picture,
    *,
    out: Out,
    model: Model = "landmarks",
    cropped: Annotated[
        bool, typer.Option("--cropped", help="The picture is a face already: take it whole.")
    ] = False,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Finds the points of each face in a picture: jaw, brows, nose, eyes and mouth."""
    from fivenets.core.images import read_image
    from fivenets.face_points import in_words, points_of_faces

    locator = _locator(model, trust, "points", out, picture)
    image, found, degrees = points_of_faces(locator, read_image(picture), str(picture), cropped)
    turned = {"turned": degrees} if degrees else {}  # points are those in the turned picture
    _save(image, found, "points", out)
    for number, face in enumerate(found if as_json else ()):
        points = face.coordinates.round(1).tolist()
        print(json.dumps({"image": str(picture), **turned, "face": number, "points": points}))
    if not as_json:
        printing.say(f"{out}: {in_words(found)}, in green")
    printing.warn(locator.caution)


@app.command()
def locate(
    picture: Picture,
    *,
    out: Out,
    model: Model = "locator",
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Finds at most one object in a picture: whether there is one, its class and its box."""
    from fivenets.core.images import read_image

    locator = _locator(model, trust, "box", out, picture)
    image = read_image(picture)
    found = locator.locate(image)
    _save(image, [found], "box", out)
    box = found.coordinates.ravel().round(1).tolist() if found.is_there else None
    answer = {"presence": found.presence, "label": found.label if box else None}
    if as_json:
        print(json.dumps({"image": str(picture), **answer, "box": box}))
    else:
        edges = ", ".join(f"{edge:.0f}" for edge in box or ())
        what = f"{found.label} at {edges} (x1, y1, x2, y2)" if box else "nothing found"
        printing.say(f"{out}: {what}; there is an object with probability {found.presence:.0%}")
    printing.warn(locator.caution)


def _locator(model: str, trust: bool, form: str, out: Path, picture: Path) -> "Locator":
    from fivenets.core import files
    from fivenets.localisation.locator import Locator
    from fivenets.runs import lookup

    files.check_file(out, "--out", ENDINGS, [picture])
    locator = lookup.load(Locator.from_file, model, trust)
    if locator.form != form:
        other = "locate" if form == "points" else "landmarks"
        found, sought = ("a box", "points") if form == "points" else ("points", "a box")
        raise UserError(f"{model} finds {found}, not {sought}: expected fivenets {other}")
    return locator


def _save(image: Any, found: "list[Located]", form: str, out: Path) -> None:
    from fivenets.core import files
    from fivenets.localisation import drawing

    drawn = drawing.drawn(image, found, form)
    files.write_picture(drawn, out)
