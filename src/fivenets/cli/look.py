"""`fivenets look`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import MODEL_HELP, Json, Trust

app = typer.Typer()


@app.command()
def look(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Shows each layer's output, parameters, multiplications and receptive field."""
    from fivenets.fitting import model_files
    from fivenets.looking.arithmetic import table
    from fivenets.runs import lookup

    network, _ = model_files.load(lookup.model_file(model, trust))
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
