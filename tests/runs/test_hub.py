"""A model goes to a hub and comes back; a stand-in for the hub answers on this machine."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from fivenets.core.errors import UserError
from fivenets.runs import hub, registry, tracking
from fivenets.runs.hub import Address
from fivenets.sources.origin import Kind, Origin

COMMIT, PAGE = "1" * 40, "https://huggingface.co/me/signs"
FREE = Origin("street", Kind.PUBLIC, "a" * 64, "CC BY 4.0 (drive.ai)")
CLOSED = Origin("camvid", Kind.MIRROR, "b" * 64, "CC BY-NC 4.0")


class Hub(BaseHTTPRequestHandler):
    """One repository in memory: made, committed to, and read from."""

    files: dict[str, bytes]

    def answer(self, value: object, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for key, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "Bearer token" not in self.headers.get("Authorization", ""):
            self.answer({"error": "who are you?"}, 401)
        elif self.path.endswith("/repos/create"):
            self.answer({"url": PAGE, "name": "me/signs"})
        elif "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            kinds = [{"path": one["path"], "uploadMode": "regular"} for one in asked]
            self.answer({"files": [{**one, "shouldIgnore": False} for one in kinds]})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    value = line["value"]
                    self.files[value["path"]] = base64.b64decode(value["content"])
            self.answer({"commitUrl": f"{PAGE}/commit/{COMMIT}", "commitOid": COMMIT})
        else:
            self.answer({"valid": True})

    def do_GET(self) -> None:
        name = self.path.partition("/resolve/main/")[2].partition("?")[0]
        if name in self.files:
            etag = hashlib.sha1(self.files[name]).hexdigest()
            self.answer(self.files[name], ETag=f'"{etag}"', X_Repo_Commit=COMMIT)
        else:
            self.answer({"error": "not found"}, 404, X_Error_Code="EntryNotFound")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """What the stand-in holds."""
    handler = type("OneHub", (Hub,), {"files": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setenv("HF_TOKEN", "token")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield handler.files
    server.shutdown()
    server.server_close()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Origin]:
    """What a registered model was made from, for a test to change; its files are small."""
    folder, made_from = tmp_path / "artifacts", [FREE]
    folder.mkdir()
    (folder / "model.keras").write_bytes(b"weights")
    (folder / "model.xml").write_bytes(b"<net/>")
    version = SimpleNamespace(
        name="signs-cnn",
        version="2",
        run_id="r",
        source="models:/m-1",
        description="# signs-compact\n\n- **Limits**: Few pictures.\n",
        tags={"model": "signs-compact", "metric": "accuracy"},
    )
    point = SimpleNamespace(key="test/accuracy", value=0.953333, dataset_name="massey_digits")
    client = SimpleNamespace(
        get_registered_model=lambda name: SimpleNamespace(tags={"task": "classification"}),
        get_logged_model=lambda model: SimpleNamespace(metrics=[point]),
    )

    def run(_: str) -> SimpleNamespace:
        sources = json.dumps([one.record() for one in made_from])
        tags = {tracking.SOURCES_TAG: sources}
        return SimpleNamespace(data=SimpleNamespace(tags=tags, params={}))

    monkeypatch.setattr(registry, "version_of", lambda model: version)
    monkeypatch.setattr(tracking, "run_with_id", run)
    monkeypatch.setattr(tracking, "connect", lambda: client)
    monkeypatch.setattr(registry, "folder_of", lambda model: folder)
    return made_from


def test_what_was_published_comes_back_the_same(files, registered) -> None:
    url = hub.publish("signs-cnn@champion", "hf://me/signs", agrees=False)
    assert url == f"{PAGE}/commit/{COMMIT}"
    model = hub.fetched("hf://me/signs")
    assert model.read_bytes() == b"weights"
    assert model.with_name("model.xml").read_bytes() == b"<net/>"


def test_the_card_has_what_the_hub_reads(files, registered) -> None:
    hub.publish("signs-cnn@champion", "hf://me/signs", agrees=False)
    from huggingface_hub import ModelCard, ModelCardData

    card = ModelCard(files["README.md"].decode())
    about = card.data.to_dict()
    assert about["pipeline_tag"] == "image-classification"
    assert about["license"] == "apache-2.0"
    [result] = ModelCardData(**about).eval_results or []
    assert (result.dataset_name, result.metric_type) == ("massey_digits", "accuracy")
    assert result.metric_value == 0.9533
    assert "| street | public | CC BY 4.0 (drive.ai) |" in card.text
    assert "fivenets classify photo.jpg --model hf://me/signs" in card.text


def test_what_may_not_be_passed_on_is_asked_for(files, registered) -> None:
    registered.append(CLOSED)
    with pytest.raises(UserError, match=r"\(camvid: CC BY-NC 4.0\).*--yes says that you have"):
        hub.publish("unet", "hf://me/signs", agrees=False)
    assert files == {}
    hub.publish("unet", "hf://me/signs", agrees=True)
    assert b"license: other" in files["README.md"]


def test_data_that_set_a_threshold_count_as_well(
    files, registered, monkeypatch, tmp_path: Path
) -> None:
    record = {"data": "lfw (mirror)", "data_digest": "c" * 64}
    (tmp_path / "artifacts" / "model.calibration.json").write_text(json.dumps(record))
    monkeypatch.setattr(
        tracking.connect(),
        "get_registered_model",
        lambda _: SimpleNamespace(tags={"task": "faces"}),
    )
    why = r"\(lfw, which set its thresholds: research use .*\).*--yes says that you have"
    with pytest.raises(UserError, match=why):
        hub.publish("facenet", "hf://me/signs", agrees=False)
    assert files == {}
    hub.publish("facenet", "hf://me/signs", agrees=True)
    card = files["README.md"].decode()
    assert "license: other" in card
    assert "| lfw, which set its thresholds | mirror | research use " in card


@pytest.mark.parametrize(
    ("data", "asset", "kind", "licence"),
    [
        ("my people (2024) (folder)", "my people (2024)", "folder", "the user's own"),
        ("LFW (measured beforehand)", "lfw", "builtin", "research use (Labeled Faces"),
        ("virtual_people (builtin)", "virtual_people", "builtin", "Apache-2.0, drawn"),
        ("some_faces (tfds)", "some_faces", "tfds", "not recorded"),
        ("by its author", "by its author", "builtin", "not recorded"),
    ],
)
def test_data_of_a_threshold_have_a_licence(tmp_path, data, asset, kind, licence) -> None:
    (tmp_path / "it.json").write_text(json.dumps({"data": data, "data_digest": "c" * 64}))
    [one] = hub.data_of_settings(tmp_path, {"calibration": "it.json"}, [])
    assert one.asset == f"{asset}, which set its thresholds"
    assert one.kind == kind
    assert one.licence.startswith(licence)


def test_data_that_set_a_threshold_and_trained_are_said_once(tmp_path: Path) -> None:
    (tmp_path / "it.json").write_text(json.dumps({"data": "street (public)"}))
    assert hub.data_of_settings(tmp_path, {"calibration": "it.json"}, [FREE]) == []
    assert hub.data_of_settings(tmp_path, {"calibration": "none.json"}, [FREE]) == []


def test_a_file_that_was_exchanged_is_refused_and_removed(files, registered, tmp_path) -> None:
    hub.publish("signs-cnn", "hf://me/signs", agrees=False)
    files["model.keras"] = b"others"
    with pytest.raises(
        UserError, match=r"model\.keras is not the file that fivenets\.json is about"
    ):
        hub.fetched("hf://me/signs")
    assert not list(tmp_path.glob("cache/**/model.keras"))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b'{"sha256": {}}',
        b'{"sha256": {"model.xml": "' + b"0" * 64 + b'"}}',
        b'{"sha256": {"../model.keras": "' + b"0" * 64 + b'"}}',
        b"[" * 200_000,
    ],
)
def test_what_is_no_model_of_ours_is_one_sentence(files, manifest: bytes) -> None:
    files["fivenets.json"] = manifest
    with pytest.raises(UserError, match=r"its fivenets\.json names no model of this project"):
        hub.fetched("hf://me/signs")


def test_without_a_repository_or_a_token_it_is_one_sentence(files, registered, monkeypatch) -> None:
    with pytest.raises(UserError, match="hf://me/signs: the hub said no: it has no such"):
        hub.fetched("hf://me/signs")
    monkeypatch.setenv("HF_TOKEN", "other")
    with pytest.raises(UserError, match="it does not know you"):
        hub.publish("signs-cnn", "hf://me/signs", agrees=False)


def test_a_hub_that_does_not_answer_is_one_sentence(registered, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UserError, match=r"^hf://me/signs: the hub does not answer: .*refused$"):
        hub.publish("signs-cnn", "hf://me/signs", agrees=False)
    with (
        pytest.raises(UserError, match="does not answer: timed out"),
        hub.reported(Address("me/signs")),
    ):
        raise LocalEntryNotFoundError("not in the cache") from httpx2.ReadTimeout("timed out")


@pytest.mark.parametrize(
    "text",
    ["hf://", "hf://signs", "hf://a/b/c", "hf://a/../b@c d", "hf://../..", "hf://a/b@../../c"],
)
def test_an_address_has_a_user_and_a_repository(text: str) -> None:
    with pytest.raises(UserError, match="expected hf://USER/REPO"):
        Address.of(text)


def test_the_command_says_what_is_missing() -> None:
    words = "from fivenets.cli import main; main()"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.argv[1:] = ['publish', 'x', '--to', 'y']; {words}",
        ],
        env={**os.environ, "MLFLOW_TRACKING_URI": "sqlite:////nonexistent/mlflow.db"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: expected hf://USER/REPO or hf://USER/REPO@REVISION, received y\n"
