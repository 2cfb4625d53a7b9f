"""`fivenets lineage` and `fivenets reproduce`."""

import json
from typing import Annotated

import typer
from rich.console import Console

from fivenets.cli.options import Json

Registered = Annotated[
    str, typer.Argument(metavar="NAME@ALIAS", help="A registered NAME, NAME@ALIAS or NAME/VERSION.")
]


def lineage(model: Registered, as_json: Json = False) -> None:
    """Shows what made a registered model: run, code, data, parameters, metrics, gate."""
    from fivenets import lineage

    found = lineage.of(model)
    if as_json:
        print(json.dumps(found))
    else:
        Console().print(*lineage.terminal(found), sep="\n\n")
