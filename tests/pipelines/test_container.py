"""No builder runs here: the Dockerfile has no fault that hadolint knows, what it copies exists,
its Pythons are the project's, and its ports can be reached."""

import json
import re
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from packaging.specifiers import SpecifierSet

PROJECT = Path(__file__).parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
IGNORED = [
    line
    for line in (PROJECT / ".dockerignore").read_text().splitlines()
    if line and not line.startswith("#")
]
COPIED = [
    source
    for words in re.findall(r"^COPY (?:--chown=\w+ )?(.*) \S+$", DOCKERFILE, re.MULTILINE)
    for source in words.split()
]


@pytest.mark.parametrize("source", COPIED)
def test_what_is_copied_is_in_the_project_and_not_ignored(source: str) -> None:
    assert (PROJECT / source).exists()
    assert not any(PurePosixPath(source).match(pattern) for pattern in IGNORED)


def test_what_make_setup_reads_is_copied_before_it_runs() -> None:
    before = DOCKERFILE[: DOCKERFILE.index("RUN make setup")]
    makefile = (PROJECT / "Makefile").read_text()
    recipe = makefile[makefile.index("# What can be said") : makefile.index("\ncheck:")]
    read = {*re.findall(r"pipelines/\S+\.py", recipe), "pyproject.toml", "Makefile"}
    read |= {"requirements.txt", "requirements-gpu.txt"}
    read.add(tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["readme"])
    assert read == {*COPIED} - {".", "src/fivenets/__init__.py"}
    assert all(PurePosixPath(file).name in before for file in read)


def test_the_containers_pythons_are_the_projects() -> None:
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    image = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())["image"]
    found = [*re.findall(r"python:(3\.\d+)-", DOCKERFILE + image), "3.12"]  # Ubuntu 24.04 has 3.12
    assert len(found) == 3
    assert all(SpecifierSet(asked).contains(version) for version in found)
    assert "ubuntu24.04" in DOCKERFILE


def test_hadolint_finds_no_fault() -> None:
    found = subprocess.run(
        ["hadolint", "--no-color", str(PROJECT / "Dockerfile")], capture_output=True, text=True
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.parametrize(("target", "port"), [("ui", "5000"), ("demo", "7860")])
def test_a_server_listens_where_a_container_can_be_reached(target: str, port: str) -> None:
    words = ["make", "--dry-run", "--assume-old=setup", target, "LISTEN=0.0.0.0"]
    told = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "--host 0.0.0.0" in told
    assert port in re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split()
