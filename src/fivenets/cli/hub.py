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
    private: Annotated[bool, typer.Option(help="For you alone, where it is new.")] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="You may pass on what was learned from its data."),
    ] = False,
) -> None:
    """Uploads a registered model with a card to a model hub, for `--model hf://USER/REPO`."""
    from fivenets.runs import hub

    printing.say(hub.publish(model, to, agrees=yes, is_private=private))
