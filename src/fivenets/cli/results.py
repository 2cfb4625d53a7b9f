"""`fivenets results`."""

import json

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json
from fivenets.core.errors import UserError

app = typer.Typer()


@app.command()
def results(as_json: Json = False) -> None:
    """Prints the results table of the last `make`."""
    from fivenets.runs import results
    from fivenets.runs.local import project_folder

    file = project_folder() / results.REPORTS / "results.json"
    if not file.exists():
        raise UserError(f"{file} not found: run `make` first")
    try:
        rows = json.loads(file.read_text())
    except ValueError:
        mend = "dvc repro --force --single-item report"
        raise UserError(f"{file} is damaged: `{mend}` writes it again") from None
    if as_json:
        for row in rows:
            print(json.dumps(row))
    else:
        printing.console().print(*results.terminal(rows))
