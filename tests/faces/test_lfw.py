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
from fivenets.sources.asset import Asset
from fivenets.sources.fetching import MIRROR_VARIABLE, Fetched
from fivenets.sources.origin import Kind, Origin

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

    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(lfw, "fetch_lfw_people", fail)
    with pytest.raises(UserError, match=r"no mirror has lfw\.zip and scikit-learn.s host does not"):
        lfw.fetch(tmp_path)


@pytest.fixture
def asset_folder(tmp_path: Path, folder: Path, monkeypatch) -> Path:
    """The same pictures and pairs as they lie in the asset, with its list as CSV."""
    asset = tmp_path / "asset"
    (folder / "lfw").rename(asset)
    rows = ["name,imagenum1,imagenum2,", *(",".join(row.split()) for row in PAIRS.splitlines()[1:])]
    (asset / "lists").mkdir()
    same = [row + "," if row.count(",") == 2 else row for row in rows]
    (asset / "lists" / "pairs.csv").write_text("\n".join(same) + "\n")
    monkeypatch.setattr(lfw, "PAIRS_PER_FOLD", 2)
    return asset


def test_the_asset_gives_the_same_pairs_as_lfws_own_file(asset_folder: Path) -> None:
    assert lfw.pairs_text(asset_folder / lfw.PAIRS_CSV) == PAIRS
    brightness = SimpleNamespace(
        embeddings=lambda faces: np.array([[face.mean()] for face in faces])
    )
    found = lfw.verification(
        asset_folder, cast(Any, brightness), lambda images, names: list(images)
    )
    assert (found["pairs"], found["pairs_skipped"], found["folds"]) == (7, 1, 2)


def test_a_mirror_is_asked_before_scikit_learn(asset_folder: Path, monkeypatch) -> None:
    def fetch(asset: Asset, raw_dir: Path, source: str) -> Fetched:
        return Fetched(asset_folder, Origin(asset.name, Kind.MIRROR, asset.tree_sha256, "none"))

    monkeypatch.setattr(lfw, "fetch_asset", fetch)
    monkeypatch.setattr(lfw, "fetch_lfw_people", None)
    assert lfw.fetch(asset_folder.parent) == asset_folder
