"""`fivenets look`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fivenets.cli import printing
from fivenets.cli.options import MODEL_HELP, Json, Trust
from fivenets.core.errors import UserError

if TYPE_CHECKING:
    from fivenets.classification.classifier import Classifier

app = typer.Typer()
FREE_SIDE = 224  # pixels at which pictures are shown to a network that takes any size
LEAST_SHOWN = 320  # pixels of the shorter side of a picture that is drawn
MOST_SHOWN = 4096  # of the longer side, to which a small picture is enlarged
ENDINGS = (".png", ".jpg", ".jpeg")
UNITS = 8


@app.command()
def look(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    patches: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Find the patches of its pictures that excite each unit most."
        ),
    ] = None,
    grad_cam: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Show where a classifier looks in this picture."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to draw that: .png or .jpg.")
    ] = None,
    units: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help=f"Units of each layer on the sheet of patches; {UNITS} if not given.",
        ),
    ] = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Shows each layer's output, cost and receptive field, what excites it, or where it looks."""
    if patches and grad_cam:
        raise UserError("expected --patches or --grad-cam, received both")
    if patches or grad_cam:
        _check(out, [path for path in (patches, grad_cam) if path], as_json and bool(patches))
    elif out:
        raise UserError("--out is for --patches or --grad-cam: expected one of them")
    if units and not patches:
        raise UserError("--units is for --patches, which is missing")
    from fivenets.runs import lookup

    if grad_cam and out:
        from fivenets.classification.classifier import Classifier

        _grad_cam(lookup.load(Classifier.from_file, model, trust), grad_cam, out, as_json)
        return
    model_file = lookup.model_file(model, trust)
    if patches:
        _patches(model_file, trust, patches, out, units or UNITS, as_json)
    else:
        _table(model_file, trust, as_json)


def _check(out: Path | None, inputs: list[Path], needs_none: bool) -> None:
    from fivenets.core import files

    if out is None and not needs_none:
        raise UserError("--out is missing: expected a .png or .jpg file to draw")
    if out:
        files.check_file(out, "--out", ENDINGS, inputs)


def _opened(model_file: Path, trusts: bool) -> tuple[Any, dict]:
    """A network and its metadata; one that is trusted may be of any kind, and fail in any way."""
    from fivenets.fitting import inference, model_files

    network, metadata = model_files.load(model_file)
    if trusts:
        inference.mark(network, model_file)
    return network, metadata


def _table(model_file: Path, trusts: bool, as_json: bool) -> None:
    from fivenets.fitting import inference
    from fivenets.looking.arithmetic import table

    network, _ = _opened(model_file, trusts)
    with inference.answering(network):
        rows = table(network)
    if as_json:
        for row in rows:
            print(json.dumps(asdict(row)))
        return
    shown = printing.table("layer", "output", "parameters", "multiplied", "field", "jump", "start")
    for row in rows:
        sides = "x".join(str(side or "?") for side in row.shape)
        reach = row.reach
        seen = (str(reach.field), str(reach.jump), f"{reach.start:g}") if reach else ("all", "", "")
        multiplied = "?" if row.multiplications is None else f"{row.multiplications:,}"
        counts = (f"{row.parameters:,}", multiplied)
        printing.add_row(shown, row.name, sides, *counts, *seen)
    printing.console().print(shown)
    parameters = sum(row.parameters for row in rows)
    products = [row.multiplications for row in rows]
    known = [count for count in products if count is not None]
    said = f"{sum(known):,} multiplications for one input"
    if len(known) < len(products):
        said = "multiplications unknown, as inputs may be of any size"
    printing.say(f"{parameters:,} parameters, {said}")


def _patches(
    model_file: Path, trusts: bool, folder: Path, out: Path | None, units: int, as_json: bool
) -> None:
    from fivenets.core import files, listing
    from fivenets.fitting import inference
    from fivenets.looking import sheet
    from fivenets.looking.patches import excited

    found = listing.listed(folder)
    if out:
        files.check_file(out, "--out", ENDINGS, found.files)
    found.say()
    if not found.files:
        raise UserError(f"{folder} holds no pictures: expected at least one, better hundreds")
    network, metadata = _opened(model_file, trusts)
    with inference.answering(network):
        _check_takes_pictures(network)
    shown = {}
    for file in found.files:
        try:
            shown[file] = _shown(file, *_sides(network, metadata))
        except UserError as error:
            printing.warn(f"left out: {error}")
    if not shown:
        raise UserError(f"{folder} holds no picture that can be read")
    pictures = list(shown.values())
    # Detectors, painters and the features that they learned from take 0..1.
    white = 1 if {"header", "features"} & metadata.keys() else 255
    with inference.answering(network), printing.bar() as bar:
        layers = excited(
            network,
            [picture * (white / 255) for picture in pictures],
            lambda starts: bar.track(starts, description="looking"),
        )
    if not layers:
        raise UserError("the network has no layer that sees patches of a picture")
    for layer in layers if as_json else ():
        for unit in range(layer.values.shape[1]):
            print(json.dumps(_as_row(layer, unit, list(shown))))
    if out:
        drawn = sheet.sheet(layers, sheet.first_filters(network), pictures, units)
        files.write_picture(drawn, out)
        if not as_json:
            counts = sum(layer.values.shape[1] for layer in layers)
            printing.say(
                f"{out}: {counts:,} units of {len(layers)} layers over {len(pictures):,} pictures, "
                f"{units} of each layer drawn"
            )


def _check_takes_pictures(network: Any) -> None:
    taken = ["x".join(str(side or "?") for side in one.shape[1:]) for one in network.inputs]
    if len(taken) != 1 or network.inputs[0].shape[3:] != (3,):
        received = " and ".join(taken)
        raise UserError(
            f"--patches is for networks of pictures in colour: this one takes {received}"
        )


def _sides(network: Any, metadata: dict) -> tuple[int, int]:
    """Height and width in pixels at which a network sees pictures."""
    height, width = network.inputs[0].shape[1:3]
    free = (metadata.get("height", FREE_SIDE), metadata.get("width", FREE_SIDE))
    return height or free[0], width or free[1]


def _shown(file: Path, height: int, width: int) -> Any:
    import numpy as np
    from PIL import Image

    from fivenets.core.images import read_image

    picture = Image.fromarray(read_image(file))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def _as_row(layer: Any, unit: int, files: list[Path]) -> dict[str, Any]:
    """One unit: the pictures that excite it most, where in the network's input, and how much."""
    return {
        "layer": layer.layer,
        "unit": unit,
        "patches": [
            {
                "image": str(files[layer.pictures[rank, unit]]),
                "box": [round(edge, 1) for edge in layer.box(rank, unit)],
                "value": round(float(layer.values[rank, unit]), 4),
            }
            for rank in range(len(layer.values))
        ],
    }


def _grad_cam(classifier: "Classifier", picture: Path, out: Path, as_json: bool) -> None:
    import numpy as np
    from PIL import Image

    from fivenets.core import files
    from fivenets.core.images import read_image

    image = Image.fromarray(read_image(picture))
    (prediction,) = classifier.classify([image])
    # A thumbnail is enlarged first: of 64 pixels nobody would see anything.
    zoom = max(1.0, min(LEAST_SHOWN / min(image.size), MOST_SHOWN / max(image.size)))
    sides = round(image.width * zoom), round(image.height * zoom)
    shown = np.asarray(image.resize(sides, Image.Resampling.BICUBIC))
    drawn = Image.fromarray(np.hstack([shown, classifier.seen(shown, prediction.label)]))
    files.write_picture(drawn, out)
    score = classifier.score_in_words(prediction)
    if as_json:
        said = ("label", "probability", "rejected", "score")
        answer = {key: getattr(prediction, key) for key in said}
        print(json.dumps({"image": str(picture), **answer, "out": str(out)}))
    elif prediction.rejected:
        printing.say(
            f"{out}: no {classifier.subject} seen, {score}; drawn is what is most like "
            f"{prediction.label}"
        )
    else:
        likely = f"{prediction.probability:.0%} likely"
        known = ", ".join(filter(None, (likely, score)))
        printing.say(f"{out}: where {prediction.label} is seen, {known}")
    printing.warn(classifier.caution)
