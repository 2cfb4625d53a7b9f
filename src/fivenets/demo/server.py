"""How the page is reached: from this machine only unless asked otherwise, with small uploads."""

import inspect
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fivenets.core.errors import UserError
from fivenets.core.images import FORMATS, MAX_PIXELS
from fivenets.demo.guard import Guard


def serve(host: str, port: int, max_upload_mb: int) -> None:
    """Serves the page until it is interrupted.

    Raises: UserError where Gradio is not installed or the port is taken.
    """
    with tempfile.TemporaryDirectory(prefix="fivenets-demo-") as uploads:
        # Read when Gradio is imported: uploads go with the server, and nothing is sent home.
        os.environ["GRADIO_TEMP_DIR"] = uploads
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        _check_free(host, port)
        try:
            with without_stubs():
                from fivenets.demo import page, widgets
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "gradio":
                raise
            raise UserError(
                "the demo needs Gradio, which is not installed: run `make setup`"
            ) from None
        from starlette.middleware import Middleware

        limit_formats()
        largest = max_upload_mb * 1024**2
        guard = Middleware(Guard, uploads=Path(uploads), largest=largest)
        page.build().launch(
            server_name=host,
            server_port=port,
            max_file_size=largest,
            app_kwargs={"middleware": [guard]},
            share=False,
            ssr_mode=False,
            footer_links=[],
            css=widgets.CSS,
        )


@contextmanager
def without_stubs() -> Iterator[None]:
    """Gradio imported in here rewrites none of the type stubs beside its components.

    It would at every import, which then takes twice as long and, of a folder that cannot be
    written, fails silently. A component without a source file, which is what it asks `inspect` for,
    it leaves alone.
    """

    def refuse(_: Any) -> str:
        raise OSError("no file is told here")

    getfile, inspect.getfile = inspect.getfile, refuse
    try:
        yield
    finally:
        inspect.getfile = getfile


def limit_formats() -> None:
    """Lets Pillow open in this process what `images.read_image` would, and nothing else.

    Gradio opens an upload before this program sees it, and of all of Pillow's formats one, for
    example, runs Ghostscript.
    """
    from PIL import Image

    Image.init()
    Image.ID[:] = [name for name in Image.ID if name in FORMATS]
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow warns from there, and refuses from twice it


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise UserError(f"cannot listen on {host}:{port}: {error}") from None
