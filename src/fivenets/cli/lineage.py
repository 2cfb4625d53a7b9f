"""`fivenets lineage`, `fivenets sign` and `fivenets reproduce`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Registered

app = typer.Typer()


@app.command()
def lineage(
    model: Registered,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also check its signature by this key.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Shows what made a registered model: run, code, data, parameters, metrics, gate."""
    from fivenets.runs import lineage

    found = lineage.of(model, public_key)
    if as_json:
        print(json.dumps(found))
    else:
        printing.console().print(*lineage.terminal(found), sep="\n\n")


@app.command()
def sign(
    model: Registered,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your private key, a PEM file.")],
) -> None:
    """Signs all files of a registered model; `lineage --public-key` checks that."""
    from fivenets.runs import signing

    printing.say(signing.sign(model, key))


@app.command()
def reproduce(
    model: Registered,
    allow_dirty: Annotated[
        bool,
        typer.Option(
            "--allow-dirty", help="Reproduce it even if it was made from uncommitted code."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Makes a registered model again from its commit; exit code 1 if a metric drifts too far."""
    from fivenets.runs import reproduction

    found = reproduction.reproduce(model, allow_dirty)
    if as_json:
        print(json.dumps(found))
    else:
        printing.console().print(reproduction.terminal(found))
        same = "the same" if found["same_model_file"] else "another"
        printing.say(
            f"{model}, version {found['version']}: {same} model file, {found['seconds']:.0f} s"
        )
        if not found["same_requirements"]:
            print("requirements.txt of that commit is another than the one installed here")
    if not found["reproduced"]:
        raise typer.Exit(1)
