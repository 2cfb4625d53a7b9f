"""What the page's server refuses before Gradio sees it: files named by a client, and large bodies.

Gradio checks the paths in a request only where the request itself calls them files (`meta`), and
then reads them: a request without that mark has had any picture of the server opened.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Guard:
    """ASGI middleware: the files that a request names must be uploads, in the folder `uploads`.

    largest: bytes of a body; an upload's own limit is Gradio's `max_file_size`.
    """

    def __init__(self, app: Any, uploads: Path, largest: int):
        self.app, self.uploads, self.largest = app, uploads.resolve(), largest

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or _is_upload(scope):
            await self.app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if len(body) > self.largest:
                await _refuse(send, 413, f"a request may have {self.largest:,} bytes")
                return
        if any(not self.is_upload(path) for path in paths_in(body)):
            await _refuse(send, 403, "a request may name files only that were uploaded")
            return
        was_read = False

        async def again() -> dict:
            nonlocal was_read
            if was_read:
                return await receive()
            was_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    def is_upload(self, path: Any) -> bool:
        """Whether `path` is one of an upload (or, for None, of nothing)."""
        try:
            return path is None or Path(path).resolve().is_relative_to(self.uploads)
        except (OSError, TypeError, ValueError):
            return False


def _is_upload(scope: dict) -> bool:
    """Whether the body is files for the folder, which Gradio writes there as they come.

    It is a form, which FastAPI takes for JSON on no account. Other forms, such as what was drawn
    on a picture, are kept in memory.
    """
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    is_form = bool(kinds) and all(kind.startswith(b"multipart/form-data") for kind in kinds)
    return is_form and scope["path"].rstrip("/").endswith("/upload")


def paths_in(body: bytes) -> Iterator[Any]:
    """Whatever stands under the key `path` in JSON, at any depth; nothing of what is no JSON."""
    try:
        waiting = [json.loads(body)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "path" in value:
                yield value["path"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


async def _refuse(send: Any, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": sentence}).encode()})
