"""`fivenets import`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json

app = typer.Typer()

USE = {
    "yolov2": "fivenets detect photo.jpg --model {out}",
    "facenet": "fivenets faces calibrate PEOPLE/ --far 0.001 --model {out}, then verify and "
    "identify; or with its score: weights: {out} under facenet-resnet.convert in params.yaml, and "
    "make",
    "style": "fivenets stylize photo.jpg painting.jpg --out painted.png --model {out}",
}


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="yolo.h5, keras-facenet-h5/, a .mat file or CSV files."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.keras", help="Where to write the model.")],
    as_json: Json = False,
) -> None:
    """Converts the course's own model files to Keras, without running any code in them."""
    from fivenets.course_files import converting, importing

    converting.check_out(out, paths)
    record = importing.read(paths, out)
    if as_json:
        print(json.dumps({"out": str(out), **record}))
        return
    if record["kind"] == "yolov2":
        from fivenets.cli.detection import report_conversion

        report_conversion(out, record)
    else:
        by = record["answers_by"]
        printing.say(f"{out}: {record['parameters']:,} parameters, answers by {by}")
    for tensor in record["unused"]:
        printing.say(f"  without a place in it: {tensor}")
    printing.say(USE[record["kind"]].format(out=out))
