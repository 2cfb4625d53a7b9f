"""`fivenets edges`."""

from pathlib import Path
from typing import Annotated

import typer

from fivenets.cli import printing

app = typer.Typer()


@app.command()
def edges(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture of any size.")],
    *,
    kind: Annotated[
        str, typer.Option("--filter", help="vertical | horizontal | sobel | scharr.")
    ] = "scharr",
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it: .png or .jpg.")],
) -> None:
    """Draws the edges of a picture as one of the course's filters finds them."""
    from PIL import Image

    from fivenets.core import files
    from fivenets.core.images import read_image
    from fivenets.step_by_step import edges as filters

    files.check_file(out, "--out", (".png", ".jpg", ".jpeg"), [picture])
    drawn = Image.fromarray(filters.edges(read_image(picture), kind))
    files.write_picture(drawn, out)
    printing.say(f"{out}: {drawn.width}x{drawn.height} pixels, edges by {kind}")
