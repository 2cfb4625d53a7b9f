"""`fivenets publish`."""

from typing import Annotated

import typer

from fivenets.cli import printing
from fivenets.cli.options import Registered

app = typer.Typer()


@app.command()
def publish(
    model: Registered,
    to: Annotated[str, typer.Option(metavar="hf://USER/REPO", help="A repository of the hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Make a new repository private.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Confirm that you may share a model made with these data."),
    ] = False,
) -> None:
    """Uploads a registered model and its card to a hub, to be used by `--model hf://USER/REPO`."""
    from fivenets.runs import hub

    printing.say(hub.publish(model, to, agrees=yes, is_private=private))
