"""What the command says, and what it refuses before it has changed anything."""

import errno
import os
import re
import sys
from pathlib import Path

import pytest

from fivenets.core import files
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.exports import writing
from fivenets.runs import registry

SERVED_BY = writing.served_by  # before any test has replaced it


def test_what_was_written_is_said_in_lines_that_fit(small: Path, monkeypatch, fivenets) -> None:
    monkeypatch.chdir(small.parents[1])
    lines = fivenets.answered("export", "signs", "--format", "openvino").splitlines()
    assert lines[0] == "exports/signs-openvino: asked about 40 pictures (noise)"
    assert re.fullmatch(
        r"accuracy 1\.0000 \(Keras 1\.0000\), outputs within \d\.\de-\d\d of the largest", lines[1]
    )
    assert re.fullmatch(
        r"\d\.\d MB \(weights in Keras \d\.\d\), \d\.\d ms a picture \(Keras [\d.]+\)", lines[2]
    )
    assert max(map(len, lines)) <= 80
    assert len(lines) == 3


def test_what_cannot_be_exported_is_a_sentence(small: Path, tmp_path: Path, fivenets) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    for words, complaint in (
        (("--format", "caffe"), "--format should be one of litert, onnx, openvino, saved_model"),
        (("--format", "saved_model", "--int8"), "--int8 is for the formats litert, openvino"),
        (("--format", "litert", "--out", tmp_path / "mine"), "holds other files: expected a new"),
    ):
        assert complaint in fivenets.refused("export", "signs", *words)


def test_files_and_no_name_are_not_registered(tmp_path: Path, monkeypatch, fivenets) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.keras").touch()
    for model in ("own.keras", "hf://me/own", ""):
        said = fivenets.refused("export", model, "--format", "litert")
        expected = "expected NAME, NAME@ALIAS or NAME/VERSION, received"
        assert said == f"error: {expected} {model or repr('')}\n"


def test_packages_are_asked_for_by_what_can_be_exported_only(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fivenets
) -> None:
    """ONNX needs packages that are not there."""
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "fivenets.exports.onnx", raising=False)
    monkeypatch.chdir(tmp_path)
    onnx = ("--format", "onnx", "--out", small)
    assert "onnx needs the package" in fivenets.refused("export", "signs", *onnx)
    monkeypatch.setattr(writing, "served_by", SERVED_BY)
    for task, data, complaint in (
        ("style", None, "what is asked of it is gradients"),
        ("classification", "hands", "data/hands is not there"),
    ):
        one = Candidate("it", task, "it", data, data)
        monkeypatch.setattr(writing.candidates, "find", lambda _, one=one: one)
        assert complaint in fivenets.refused("export", "signs", *onnx)

    def unknown(model: str) -> None:
        raise UserError(f"no model named {model} is registered")

    monkeypatch.setattr(registry, "version_of", unknown)
    assert "no model named sings" in fivenets.refused("export", "sings", *onnx)
    assert not small.exists()


def test_gradients_have_no_export_and_missing_data_are_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for task, data, complaint in (
        ("style", None, "what is asked of it is gradients"),
        ("classification", "hands", "data/hands is not there, .*prepare.py classification hands`"),
    ):
        with pytest.raises(UserError, match=complaint):
            writing.served_by(Candidate("it", task, "it", data, data), Path("model.keras"))


def test_an_earlier_export_outlasts_a_failure(tmp_path: Path, monkeypatch) -> None:
    out, replace = tmp_path / "out", os.replace
    out.mkdir()
    (out / writing.DOCUMENT).write_text("{}")

    def failing(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError("no room")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no room"), writing._folder(out) as made:
        (made / "new.txt").touch()
    assert [file.name for file in out.iterdir()] == [writing.DOCUMENT]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_replaced_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked" / "out").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "locked" / "out")
    (tmp_path / "mounted").mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "mounted")
    for folder in (Path(), Path(".."), tmp_path / "mounted"):
        with pytest.raises(UserError, match=r"^--out .* cannot be replaced: name a folder in it$"):
            writing.check_out(folder)
    new_file = files._new_file

    def refused(folder: Path, suffix: str = "") -> Path:  # modes of folders bind no root
        if folder.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return new_file(folder, suffix)

    monkeypatch.setattr(files, "_new_file", refused)
    with pytest.raises(UserError, match=r"^--out .*locked cannot be written to: Permission"):
        writing.check_out(tmp_path / "locked" / "out")


def test_an_export_replaces_its_own_files_only(tmp_path: Path) -> None:
    (tmp_path / writing.DOCUMENT).write_text('{"files": {"model.xml": "1"}}')
    (tmp_path / "model.xml").touch()
    writing.check_out(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="holds other files"):
        writing.check_out(tmp_path)
