"""`make` in folders as people have them: without git, of another user, with a space in the path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOCAL = Path(".dvc/config.local")
STUB = """#!/bin/sh
printf '%s|' "${0##*/}" "$@" >> log
printf '%s\\n' "$FIVENETS_MIRROR" >> log
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what `make` begins with, its environment one of stubs that log their words."""
    place = tmp_path / "mein Ordner" / "füveñets"
    (place / ".venv/bin").mkdir(parents=True)
    (place / ".dvc").mkdir()
    (place / "pipelines" / "make").mkdir(parents=True)
    for name in (
        "Makefile",
        "pyproject.toml",
        "pipelines/make/alone.py",
        "pipelines/make/place.py",
    ):
        shutil.copy(PROJECT / name, place / name)
    (place / "requirements.txt").touch()
    for name in ("python", "dvc", "fivenets"):
        (place / ".venv/bin" / name).write_text(STUB)
        (place / ".venv/bin" / name).chmod(0o755)
    monkeypatch.chdir(place)
    for variable in ("FIVENETS_MIRROR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(variable, raising=False)
    return place


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# Runs the second word in the folder that is the first, which is read-only even for root.
BOUND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec $1'
READ_ONLY = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", BOUND)
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@needs_make
@pytest.mark.parametrize(
    ("given", "received"),
    [
        ("my mirror", "{folder}/my mirror"),
        ("../a  b", "{folder}/../a  b"),
        ("/srv/my mirror", "/srv/my mirror"),
        ("https://example.org/a", "https://example.org/a"),
        ("", ""),
    ],
)
def test_make_in_a_folder_with_a_space(folder: Path, given: str, received: str) -> None:
    for words, environment in (
        ((), {"FIVENETS_MIRROR": given}),
        ([f"FIVENETS_MIRROR={given}"], {}),
    ):
        done = make(*words, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        lines = (folder / "log").read_text().splitlines()
        mirror = received.format(folder=folder)
        assert f"python|pipelines/make/repro.py|{mirror}" in lines
        assert f"fivenets|results|{mirror}" in lines
        assert sum("|pip|install|" in line for line in lines) == 2
        (folder / "log").unlink()
        (folder / ".venv/.ready-requirements").unlink()
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}


def test_without_git_and_the_folder_of_dvc_as_in_a_container(folder: Path) -> None:
    LOCAL.parent.rmdir()
    subprocess.run([sys.executable, "pipelines/make/place.py"], check=True, capture_output=True)
    assert "no_scm = true" in LOCAL.read_text()


@needs_make
def test_without_git_dvc_is_told_so_before_anything_is_installed(folder: Path) -> None:
    LOCAL.write_text("['remote \"x\"']\n    url = /srv/100%\n")
    done = make("--silent", "setup")
    first, second, *_ = done.stdout.splitlines()
    assert first == "no git repository here: DVC works without one, and runs will name no commit"
    assert second.startswith("Setting up .venv")
    assert "no_scm = true" in LOCAL.read_text()
    assert "url = /srv/100%" in LOCAL.read_text()
    assert make("--silent", "place").stdout == "", "it is said once"
    subprocess.run(["git", "init", "--quiet"], check=True)
    make("place")
    assert "no_scm" not in LOCAL.read_text()


def test_dvc_works_without_git_in_a_folder_with_a_space(folder: Path) -> None:
    subprocess.run(["python3", "pipelines/make/place.py"], check=True, capture_output=True)
    Path("dvc.yaml").write_text("stages:\n  one:\n    cmd: echo made > out\n    outs: [out]\n")
    command = [sys.executable, "-m", "dvc", "repro", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, Path("out").read_text()) == (0, "made\n"), done.stderr


@needs_make
def test_a_folder_of_another_user_is_a_sentence_before_anything_is_installed(
    folder: Path,
) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    done = make("setup", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert done.returncode == 2
    assert f"git config --global --add safe.directory '{folder}'" in done.stderr
    assert not (folder / "log").exists()


@needs_make
@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
def test_a_read_only_checkout_is_a_sentence(folder: Path) -> None:
    done = subprocess.run(
        [*READ_ONLY, str(folder), "make --silent"], capture_output=True, text=True, check=False
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("namespaces are not allowed here")
    assert done.stderr.startswith(f"error: {folder} cannot be written in: Read-only file system\n")
    assert (done.returncode, done.stdout) == (2, "")
