"""`fivenets segment`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core.errors import UserError

app = typer.Typer()
WRITTEN = {"out": "in the colours of its classes", "mask": "as class numbers"}


@app.command()
def segment(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures of any size.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to draw the classes over it: a .png file, or a folder for several."
        ),
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(help="Where to write masks of class numbers, likewise.")
    ] = None,
    model: Model = "unet",
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Says what each pixel shows, and how much of the picture each class covers."""
    from fivenets.core.images import read_image
    from fivenets.runs import lookup
    from fivenets.segmentation import drawing
    from fivenets.segmentation.segmenter import Segmenter

    _check(out, "--out", images)
    _check(mask, "--mask", images)
    if out and mask and _may_meet(out, mask):
        raise UserError(f"--mask {mask} and --out {out} may be one file: expected another name")
    segmenter = lookup.load(Segmenter.from_file, model, trust)
    table = printing.table("image", "class", "share")
    refused, written = [], []
    for path in images:
        try:
            picture = read_image(path)
        except UserError as error:
            refused.append(str(error))
            continue
        found = segmenter.segment(picture)
        answer = {"image": str(path), "shares": found.shares}
        if out:
            answer["out"] = str(_saved(drawing.drawn(picture, found), out, path))
        if mask:
            answer["mask"] = str(_saved(drawing.as_palette(found.mask), mask, path))
        if as_json:
            print(json.dumps(answer), flush=True)
        written += [f"{answer[key]}: {path} {how}" for key, how in WRITTEN.items() if key in answer]
        for label, share in found.shares.items():
            if share >= drawing.LEAST_SHARE:
                printing.add_row(table, str(path), label, f"{share:.1%}")
    if not as_json and table.rows:
        printing.console().print(table)
        for line in written:
            printing.say(line)
    if segmenter.caution and len(refused) < len(images):
        printing.warn(segmenter.caution)
    if refused:
        raise UserError(*refused)


def _may_meet(out: Path, mask: Path) -> bool:
    """Whether a drawn picture and a mask could be one file; files in one folder are numbered."""
    one, other = out.resolve(), mask.resolve()
    if _is_folder(out) == _is_folder(mask):
        return one == other and not _is_folder(out)
    return one == other.parent if _is_folder(out) else other == one.parent


def _check(place: Path | None, option: str, images: list[Path]) -> None:
    """Refuses a place for pictures that cannot be written, or is one file for several."""
    from fivenets.core import files

    if place is None:
        return
    if _is_folder(place):
        files.check_folder(place, option)
        return
    files.check_file(place, option, (".png",), images)
    if len(images) > 1:
        raise UserError(f"{option} should be a folder for {len(images)} pictures, it is {place}")


def _is_folder(place: Path) -> bool:
    return place.is_dir() or not place.suffix


def _saved(picture: Any, place: Path, named_after: Path) -> Path:
    """Saves a picture as `place` or, where that is a folder, in it; answers where."""
    from fivenets.core import files

    if _is_folder(place):
        place.mkdir(parents=True, exist_ok=True)
        place = files.free_name(place, named_after.stem, ".png")
    files.write_picture(picture, place)
    return place
