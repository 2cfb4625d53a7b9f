"""No builder runs here: what the Dockerfile copies exists, and its Pythons are the project's."""

import json
import re
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
