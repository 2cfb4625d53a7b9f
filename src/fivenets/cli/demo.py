"""`fivenets demo`."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def demo(
    host: Annotated[
        str, typer.Option(help="Address to listen on; only this machine reaches 127.0.0.1.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    max_upload_mb: Annotated[int, typer.Option(min=1, help="The largest upload, in MB.")] = 10,
) -> None:
    """Serves a page for your browser, with a tab or more for each task."""
    from fivenets.demo import server

    server.serve(host, port, max_upload_mb)
