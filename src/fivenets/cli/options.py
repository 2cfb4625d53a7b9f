"""Options that several commands take."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust", help="Load a .keras FILE without the sandbox: it may run its author's code."
    ),
]
MODEL_HELP = "A registered model (NAME, NAME@ALIAS, NAME/VERSION), a .keras file or hf://USER/REPO."
Model = Annotated[str, typer.Option("--model", help=MODEL_HELP)]
Registered = Annotated[
    str,
    typer.Argument(
        metavar="NAME@ALIAS", help="A registered model: NAME, NAME@ALIAS or NAME/VERSION."
    ),
]
