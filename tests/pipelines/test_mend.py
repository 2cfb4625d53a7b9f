"""What a kill has damaged of DVC's own files is moved aside, and what is whole is left."""

import runpy
import shutil
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RWLOCK, LOCK = Path(".dvc/tmp/rwlock"), Path("dvc.lock")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    RWLOCK.parent.mkdir(parents=True)
    RWLOCK.write_text('{"write": {"models/a.keras": {"pid": 1, "cmd": "dvc repro"}}}')
    shutil.copyfile(PROJECT / LOCK, LOCK)


def mend() -> None:
    script = runpy.run_path(str(PROJECT / "pipelines" / "make" / "mend.py"))
    script["main"].__globals__["PATIENCE"] = 0
    script["main"]()


def test_whole_files_are_left_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    before = RWLOCK.read_bytes(), LOCK.read_bytes()
    mend()
    assert (RWLOCK.read_bytes(), LOCK.read_bytes()) == before
    assert capsys.readouterr().out == ""


def test_there_need_be_none() -> None:
    RWLOCK.unlink()
    LOCK.unlink()
    mend()


@pytest.mark.parametrize("file", [RWLOCK, LOCK], ids=["rwlock", "dvc.lock"])
@pytest.mark.parametrize("kept", [0, 40], ids=["empty", "cut off"])
def test_a_torn_file_is_put_aside_and_said(
    file: Path, kept: int, capsys: pytest.CaptureFixture[str]
) -> None:
    torn, aside = file.read_bytes()[:kept], Path(".dvc/tmp", f"{file.name}.torn")
    file.write_bytes(torn)
    mend()
    assert not file.exists()
    assert aside.read_bytes() == torn
    said = f"{file}: damaged, as after a kill; moved aside to {aside}\n"
    assert capsys.readouterr().out == said


def test_a_conflict_of_git_is_left_to_its_user() -> None:
    text = f"<<<<<<< HEAD\n{LOCK.read_text()}=======\n>>>>>>> theirs\n"
    LOCK.write_text(text)
    mend()
    assert LOCK.read_text() == text


@pytest.mark.parametrize("end", ["    outs:\n    - path: a\n", "    outs:\n    - hash: md5\n"])
def test_a_stage_of_dvc_lock_names_all_that_dvc_reads(end: str) -> None:
    text = "schema: '2.0'\nstages:\n  a:\n    cmd: b\n" + end
    LOCK.write_text(text)
    mend()
    assert LOCK.exists() == ("path" in end)
