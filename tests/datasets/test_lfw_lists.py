"""LFW as a data set: its lists in both forms, its parts, and what takes its place."""

import logging
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.datasets.faces import lfw
from fivenets.datasets.faces.lfw import Pair
from fivenets.datasets.faces.preparation import prepare
from fivenets.datasets.faces.prepared import load, pairs
from fivenets.datasets.settings import FaceSettings
from fivenets.sources.asset import Asset
from fivenets.sources.fetching import MIRROR_VARIABLE, Fetched
from fivenets.sources.origin import Kind, Origin

COUNTS = {"Ann": 3, "Bob": 2, "Cat": 2, "Dan": 2, "Eve": 1, "Fay": 1}
TRAIN = {"Ann", "Bob", "Eve"}
VIEW_1 = {  # of each part: same, then different
    "DevTrain": (["Ann,1,2"], ["Ann,2,Bob,1"]),
    "DevTest": (["Cat,1,2"], ["Cat,1,Dan,1"]),
}
VIEW_2 = ["Ann,1,2", "Ann,3,Bob,2", "Dan,1,2", "Dan,2,Eve,1"]  # two folds


@pytest.fixture(autouse=True)
def two_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lfw.FOLDS, "view2", 2)


def draw(folder: Path) -> Path:
    """The pictures, each of a colour of its own."""
    rng = np.random.default_rng(0)
    for person, count in COUNTS.items():
        (folder / person).mkdir(parents=True)
        for number in range(1, count + 1):
            pixels = rng.integers(0, 255, (1, 1, 3)).repeat(16, 0).repeat(16, 1).astype(np.uint8)
            Image.fromarray(pixels).save(folder / lfw.picture(person, str(number)))
    return folder


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LFW as a mirror has it."""
    folder, lists = draw(tmp_path / "asset"), tmp_path / "asset" / "lists"
    lists.mkdir()
    for part, (same, different) in VIEW_1.items():
        (lists / f"matchpairs{part}.csv").write_text("name,imagenum1,imagenum2\n" + same[0] + "\n")
        header = "name,imagenum1,name,imagenum2\n"
        (lists / f"mismatchpairs{part}.csv").write_text(header + different[0] + "\n")
        people = sorted(TRAIN if part == "DevTrain" else COUNTS.keys() - TRAIN)
        rows = [f"{person},{COUNTS[person]}" for person in people]
        (lists / f"people{part}.csv").write_text("\n".join(["name,images", *rows]) + "\n")
    rows = [row + "," if row.count(",") == 2 else row for row in VIEW_2]
    (lists / "pairs.csv").write_text("\n".join(["name,imagenum1,imagenum2,", *rows]) + "\n")

    def fetch(asset: Asset, raw_dir: Path, source: str) -> Fetched:
        return Fetched(folder, Origin(asset.name, Kind.MIRROR, "0" * 64, "none"))

    monkeypatch.setattr(lfw, "fetch", fetch)
    return folder


@pytest.fixture
def downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LFW as scikit-learn leaves it."""
    home = tmp_path / "raw" / "lfw_home"

    def download(**options: Any) -> None:
        if home.exists():
            return
        draw(home / "lfw")
        for part, (same, different) in VIEW_1.items():
            rows = ["1", *same, *different]
            (home / f"pairs{part}.txt").write_text("\n".join(rows).replace(",", "\t") + "\n")
        rows = "\n".join(["2\t1", *VIEW_2]).replace(",", "\t")
        (home / "pairs.txt").write_text(rows + "\n")

    monkeypatch.setattr(lfw, "fetch", lambda *_: None)
    monkeypatch.setattr(lfw, "fetch_lfw_people", download)
    return home


def settings(dataset: str, **changes: Any) -> FaceSettings:
    values = {"dataset": dataset, "align": False, "test_people": 0, "split_seed": 0}
    return FaceSettings(**{**values, **changes})


def prepared(tmp_path: Path, chosen: FaceSettings) -> tuple:
    prepare(chosen, "auto", tmp_path / "out", tmp_path / "raw", None)
    return load(tmp_path / "out", chosen)


def test_all_pictures_are_parted_by_the_official_lists(asset: Path, tmp_path: Path) -> None:
    train, test, source = prepared(tmp_path, settings("lfw"))
    assert sorted(train.people) == ["Ann"] * 3 + ["Bob"] * 2 + ["Eve"]
    assert sorted(test.people) == ["Cat"] * 2 + ["Dan"] * 2 + ["Fay"]
    assert train.names is not None
    assert "Ann/Ann_0001.jpg" in train.names
    assert (source["asset"], source["people"], source["people_with_one_picture"]) == ("lfw", 6, 2)
    listed = pairs(tmp_path / "out")
    assert listed["devtest"][1] == Pair("Cat/Cat_0001.jpg", "Dan/Dan_0001.jpg", False, 0)
    assert [pair.fold for pair in listed["view2"]] == [0, 0, 1, 1]


def test_view_1_is_the_pictures_in_its_pairs(asset: Path, tmp_path: Path) -> None:
    train, test, _ = prepared(tmp_path, settings("lfw-view1"))
    assert sorted(train.names) == ["Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg"]
    assert sorted(test.people) == ["Cat", "Cat", "Dan"]


def test_the_public_host_gives_the_same(downloaded: Path, tmp_path: Path) -> None:
    train, test, source = prepared(tmp_path, settings("lfw-view1"))
    assert sorted(train.people) == ["Ann", "Ann", "Bob"]
    assert sorted(test.people) == ["Cat", "Cat", "Dan"]
    assert source["kind"] == "public"
    everyone = {*prepared(tmp_path, settings("lfw"))[0].people}
    assert everyone == {"Ann", "Bob"}  # of Eve and Fay its lists do not say the part


def test_so_many_people_of_each_part_are_enough(asset: Path, tmp_path: Path) -> None:
    for seed in range(3):
        chosen = settings("lfw", most_people=2, split_seed=seed)
        train, test, _ = prepared(tmp_path, chosen)
        assert (len(set(train.people)), len(set(test.people))) == (2, 2)


def test_where_it_cannot_be_had_ten_of_its_people_or_drawn_ones_are_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    def fail(**options: Any) -> None:
        raise URLError("no route")

    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(lfw, "fetch", lambda *_: None)
    monkeypatch.setattr(lfw, "fetch_lfw_people", fail)
    with pytest.raises(UserError, match=r"no mirror has lfw\.zip and scikit-learn's host does not"):
        lfw.find(tmp_path, "real")
    monkeypatch.setattr("fivenets.datasets.faces.preparation.fetch", lambda *_: None)
    with caplog.at_level(logging.WARNING):
        train, test, source = prepared(tmp_path, settings("lfw-view1"))
    assert "lfw-view1 cannot be had from here: in its place lfw10" in caplog.text
    assert (len(train.people), len(set(test.people))) == (0, 24)
    assert (source["asset"], source["is_drawn"]) == ("lfw10", True)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([["Ann", "1", "2"]], "1 pairs received"),
        ([["Ann", "1", "2"], ["Ann", "1"]], "no pair of pictures: 'Ann 1'"),
        ([["Ann", "1", "2"], ["Ann", "1", "Bob", "x"]], "no pair of pictures: 'Ann 1 Bob x'"),
        ([], "0 pairs received"),
    ],
)
def test_damaged_lists_are_a_sentence(rows: list, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        lfw.pairs(rows, 1, "pairs.txt")


def test_a_missing_list_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has none of LFW's lists matchpairsDevTrain"):
        lfw.read_lists(tmp_path)
