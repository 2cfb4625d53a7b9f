"""`fivenets export`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Registered

app = typer.Typer()


@app.command()
def export(
    model: Registered,
    form: Annotated[str, typer.Option("--format", help="litert | onnx | openvino | saved_model.")],
    int8: Annotated[
        bool, typer.Option("--int8", help="8-bit weights and activations (litert, openvino).")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; by default exports/NAME-FORMAT.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write it even if the certificate fails.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Writes a registered network for another runtime, if it answers there as it does in Keras."""
    from fivenets.exports import writing

    kind = f"{form}-int8" if int8 else form
    folder = out or Path("exports", f"{model.replace('@', '-').replace('/', '-')}-{kind}")
    document = writing.export(model, form, folder, int8, force)
    if as_json:
        print(json.dumps({"out": str(folder), **document}))
        return
    record = document["certificate"]
    scores, milliseconds = record[record["metric"]], record["milliseconds"]
    for line in (
        f"{folder}: asked about {record['pictures']} pictures ({record['tested_on']})",
        f"{record['metric']} {scores['export']:.4f} (Keras {scores['keras']:.4f}), "
        f"outputs within {record['max_difference']:.1e} of the largest",
        f"{record['bytes'] / 1e6:.1f} MB (weights in Keras {record['keras_bytes'] / 1e6:.1f}), "
        f"{milliseconds['export']:.1f} ms a picture (Keras {milliseconds['keras']:.1f})",
    ):
        printing.say(line)
    for sentence in record["failures"]:
        printing.warn(f"written by --force: {sentence}")
