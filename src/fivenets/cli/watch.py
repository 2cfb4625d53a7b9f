"""`fivenets watch`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Registered

app = typer.Typer()


@app.command()
def watch(
    model: Registered,
    seen: Annotated[
        Path,
        typer.Argument(
            metavar="SEEN", help="The log written by FIVENETS_WATCH, or a folder of pictures."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the page: .html.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compares what a model is asked with what it was trained on; exit code 1 if they differ."""
    from fivenets.core import files

    if out:
        files.check_file(out, "--out", (".html",), [seen])
    from fivenets.runs import drift

    found = drift.watch(model, seen, out)
    if as_json:
        print(json.dumps(found))
    else:
        table = printing.table("measure", "trained on", "asked", "KS", "drift")
        for row in found["measures"]:
            spans = [
                "{1:.3g} ({0:.3g} to {2:.3g})".format(*row[key]) for key in ("trained", "asked")
            ]
            far = "" if row["far"] is None else f"{row['far']:.2f}"
            drifted = {True: "yes", False: "no", None: "-"}[row["drifted"]]
            printing.add_row(table, row["measure"], *spans, far, drifted)
        printing.console().print(table)
        printing.say(
            f"medians (5% to 95%) of {found['trained_on']:,} pictures trained on "
            f"and {found['asked']:,} asked; -: alike in all of the former, as they were prepared"
        )
    for key, words in (("of_others", "of another model"), ("unreadable", "unreadable")):
        if found.get(key):
            printing.warn(f"{seen}: left out: {found[key]:,} lines {words}")
    if found["drift"]:
        printing.warn(f"{model}: {found['drift']}")
        raise typer.Exit(1)
