"""LFW's own protocol, on a folder of its form: two folds of four pairs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.faces import lfw

PAIRS = """2\t2
Ann\t1\t2
Ann\t1\t3
Ann\t1\tBob\t1
Ann\t2\tBob\t2
Bob\t1\t2
Bob\t1\t3
Bob\t1\tAnn\t3
Bob\t2\tEve\t1
"""
GREY = {("Ann", 1): 10, ("Ann", 2): 12, ("Ann", 3): 14} | {
    ("Bob", 1): 100,
    ("Bob", 2): 105,
    ("Bob", 3): 110,
}  # Eve is not there


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pairs.txt").write_text(PAIRS)
    for (name, number), grey in GREY.items():
        file = tmp_path / "lfw" / name / f"{name}_{number:04d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), grey, np.uint8)).save(file)
    return tmp_path


def test_pictures_named_by_the_pairs() -> None:
    assert lfw.pictures(PAIRS) == {*GREY, ("Eve", 1)}


@pytest.mark.parametrize("chunk", [1, 250])
def test_pairs_are_scored_and_those_that_cannot_be_are_counted(
    folder: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lfw, "CHUNK", chunk)
    brightness = SimpleNamespace(
        embeddings=lambda faces: np.array([[face.mean()] for face in faces])
    )
    found = lfw.verification(folder, cast(Any, brightness), lambda images, names: list(images))
    # Of one person pictures lie at most 10 apart, of two people at least 86.
    assert (found["pairs"], found["pairs_skipped"], found["folds"]) == (7, 1, 2)
    assert found["auc"] == found["accuracy"] == 1.0


def test_pictures_without_a_face_are_skipped(folder: Path) -> None:
    def align(images, names):
        return [
            UserError("no face") if name == "Bob_0003.jpg" else image
            for image, name in zip(images, names, strict=True)
        ]

    brightness = SimpleNamespace(embeddings=lambda faces: np.zeros((len(faces), 1)))
    found = lfw.verification(folder, cast(Any, brightness), align)
    assert (found["pairs"], found["pairs_skipped"]) == (6, 2)


def test_a_host_that_does_not_answer_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**options: Any) -> None:
        raise URLError("no route")

    monkeypatch.setattr(lfw, "fetch_lfw_people", fail)
    with pytest.raises(UserError, match="LFW's own pairs were asked for, and their host does not"):
        lfw.fetch(tmp_path)
