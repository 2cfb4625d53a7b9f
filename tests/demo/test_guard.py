"""A request names uploads or nothing: every other path ends before Gradio, at any place in it."""

import asyncio
import json
from pathlib import Path

import pytest

from fivenets.demo.guard import Guard, paths_in

JSON = [(b"content-type", b"application/json")]
FORM = (b"content-type", b"multipart/form-data; boundary=x")


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    (tmp_path / "uploads" / "abc").mkdir(parents=True)
    (tmp_path / "uploads" / "abc" / "a.png").touch()
    (tmp_path / "uploads" / "link.png").symlink_to("/etc/hostname")
    return tmp_path / "uploads"


def answered(
    uploads: Path, body: bytes, headers=JSON, size: int = 1000, method="POST", path="/api/upload"
) -> tuple:
    """The status, and the body that reached the application behind the guard, if any."""
    sent, reached = [], []
    pieces = [body[:5], body[5:]]

    async def application(scope, receive, send) -> None:
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message["body"], message["more_body"]
        reached.append(content)
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> dict:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": headers, "path": path}
    asyncio.run(Guard(application, uploads, size)(scope, receive, send))
    return sent[0]["status"], reached[0] if reached else None


def request_for(path: object) -> bytes:
    return json.dumps({"data": [0.5, [{"image": {"path": path, "size": 1}}]]}).encode()


def test_uploads_and_nothing_pass_unchanged(uploads: Path) -> None:
    for path in (str(uploads / "abc" / "a.png"), str(uploads / "abc" / ".." / "abc"), None):
        assert answered(uploads, request_for(path)) == (200, request_for(path))
    assert answered(uploads, b'{"data": [1, "x"]}') == (200, b'{"data": [1, "x"]}')
    assert answered(uploads, b"no json at all") == (200, b"no json at all")


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "etc", "", "..", "http://127.0.0.1/a.png", "a\0b", "x" * 900, 7, {}]
)
def test_other_paths_are_refused(uploads: Path, path: object) -> None:
    assert answered(uploads, request_for(path)) == (403, None)


def test_a_way_out_of_the_folder_is_refused(uploads: Path) -> None:
    for name in ("../secret", "abc/../../secret", "link.png"):
        assert answered(uploads, request_for(str(uploads / name))) == (403, None)
    assert answered(uploads, request_for(f"{uploads}-2/a.png")) == (403, None)


def test_a_large_body_is_refused(uploads: Path) -> None:
    assert answered(uploads, b"[" + b"1," * 500 + b"1]") == (413, None)
    assert answered(uploads, b"[" + b"1," * 500 + b"1]", size=2000)[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([FORM], 200),  # an upload, which Gradio limits; FastAPI reads no JSON from it
        ([], 403),
        ([JSON[0], FORM], 403),  # Starlette goes by the first
        ([FORM, JSON[0]], 403),
        ([(b"content-type", b"multipart/x+json")], 403),
    ],
)
def test_only_an_upload_is_not_looked_into(uploads: Path, headers: list, status: int) -> None:
    assert answered(uploads, request_for("/etc/hostname"), headers)[0] == status


def test_a_form_that_is_no_upload_is_limited(uploads: Path) -> None:
    drawn = b"x" * 2000
    assert answered(uploads, drawn, [FORM])[0] == 200
    assert answered(uploads, drawn, [FORM], path="/api/component_server") == (413, None)
    assert answered(uploads, drawn[:900], [FORM], path="/api/component_server")[0] == 200


def test_the_last_of_two_keys_counts_as_for_whoever_reads_the_request_next() -> None:
    assert list(paths_in(b'{"path": "a", "path": "b"}')) == ["b"]
    assert list(paths_in(b'[{"a": {"path": {"path": 1}}}]')) == [{"path": 1}, 1]
