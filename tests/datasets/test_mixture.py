"""Hands of several sets become one, in which nobody is on both sides."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.datasets.classification import backgrounds, mixture, parts
from fivenets.datasets.classification.laying import (
    SIZES,
    Cutout,
    developed,
    laid_over,
    seen_again,
)
from fivenets.datasets.classification.parts import Part, Picture
from fivenets.datasets.classification.preparation import is_stale, prepare
from fivenets.datasets.classification.prepared import load
from fivenets.datasets.settings import HANDS, DataSettings
from fivenets.runs.report import Report
from fivenets.sources.origin import Kind, Origin, are_drawn, caution, in_words

SIDE = 16
DRAWN = {"validation": 1, "test": 1}
RED = np.array([200, 0, 0])


def settings(dataset: dict[str, float] | list[str], **changes) -> DataSettings:
    defaults = {
        "dataset": dataset,
        "image_size": SIDE,
        "validation_fraction": 0.2,
        "test_fraction": 0.2,
        "split_seed": 0,
        "examples": 60,
        "drawn": 2,
        "without": 0.5,
        "views": 2,
    }
    return DataSettings(**(defaults | changes))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few drawn hands and backgrounds."""
    monkeypatch.setattr(parts, "DRAWN_PER_LABEL", DRAWN)
    monkeypatch.setattr(backgrounds, "CROPS", 5)
    monkeypatch.setattr(backgrounds, "DRAWN", 2)
    monkeypatch.setattr(mixture, "OTHERS", 3)


@pytest.fixture
def own_hands(tmp_path: Path) -> Path:
    """Ten pictures of each of two signs: of one a cut-out on nothing, of the other whole ones."""
    for index in range(10):
        for label in ("0", "1"):
            (tmp_path / "own" / label).mkdir(parents=True, exist_ok=True)
        cut = np.zeros((20, 20, 4), np.uint8)
        cut[5:15, 5:15] = (*RED, 255)
        cut[0, index] = (1, 2, 3, 255)  # so that no two are alike
        Image.fromarray(cut).save(tmp_path / "own" / "0" / f"{index}.png")
        whole = np.full((20, 20, 3), 10 * index, np.uint8)
        Image.fromarray(whole).save(tmp_path / "own" / "1" / f"{index}.png")
    return tmp_path / "own"


@pytest.mark.usefixtures("few", "own_hands")
def test_what_is_drawn_and_of_a_folder_becomes_one_set(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    data = settings({"drawn": 1.0, "~/own": 2.0, "signs": 1.0}, subject="hand sign")
    out = tmp_path / "hands"
    prepare(data, "builtin", out, tmp_path / "raw")
    record = json.loads((out / "source.json").read_text())
    assert record["asset"] == "drawn_hands + own + photographs"
    assert record["notes"] == ["signs cannot be had: left out"]
    assert record["left_out"] == ["signs"]
    own = next(one for one in record["sources"] if one["asset"] == "own")
    assert own["file"] == "~/own", "as params.yaml names it"
    assert record["examples"] == {
        "train": 60,
        "others_train": 30,
        "validation": 6 * (2 + 1) + 2 * 3 + 2,  # two views before walls and one photograph each
        "others_validation": 3,
        "test": 6 * (1 + 1) + 2 * 2 + 2,
        "others_test": 3,
    }
    prepared = load(out, data)
    assert prepared.labels == ("0", "1", "2", "3", "4", "5")
    assert prepared.outputs == 7
    _, labels = prepared.arrays("train")
    assert (labels == -1).sum() == 30
    sources = prepared.column("train", "source")
    assert 30 < (sources == "own").sum() < 50, "two thirds of 60"
    batch, targets = next(iter(prepared.training_batches(90, seed=0)))
    assert batch.shape == (90, SIDE, SIDE, 3)
    assert targets.numpy().sum(axis=0)[6] == 30, "what is no hand is the last output"


def test_the_same_settings_give_the_same_bytes_and_a_change_is_seen(
    few, own_hands, tmp_path
) -> None:
    data = settings({"drawn": 1.0, str(own_hands): 1.0})
    records = []
    for name in ("first", "second"):
        prepare(data, "builtin", tmp_path / name, tmp_path / "raw")
        records.append(load(tmp_path / name, data).digest())
    assert records[0] == records[1]
    assert not is_stale(data.dataset, tmp_path / "first", "builtin")
    Image.new("RGB", (20, 20), "blue").save(own_hands / "1" / "new.png")
    assert is_stale(data.dataset, tmp_path / "first", "builtin")


@pytest.mark.parametrize(("others", "times"), [({}, 4), ({"signs": 1.0}, 4), ({"own": 1.0}, 1)])
def test_where_no_others_can_be_had_more_hands_are_drawn(
    others: dict, times: int, few, tmp_path: Path, monkeypatch
) -> None:
    own, read, drawn = Part("own", [], Origin.drawn("own", "0")), parts.read, []

    def reading(name: str, chosen: DataSettings, source: str, raw_dir: Path) -> Part | None:
        if name != "drawn":
            return {"own": own}.get(name)
        drawn.append(chosen.drawn)
        return read(name, chosen, source, raw_dir)

    monkeypatch.setattr(parts, "read", reading)
    data = settings({**others, "drawn": 1.0})
    mixture.prepare(data, "builtin", tmp_path / "out", tmp_path / "raw")
    assert drawn == [times * data.drawn]


def test_of_few_examples_one_at_least_has_no_hand(few, tmp_path: Path) -> None:
    data = settings(["drawn"], examples=1, without=0.1)
    prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")
    record = json.loads((tmp_path / "hands" / "source.json").read_text())
    assert (record["examples"]["train"], record["examples"]["others_train"]) == (1, 1)


def part(*people: str) -> Part:
    """One cut-out of each person, drawn by nobody."""
    chosen = settings(["drawn"], validation_people=["b"], test_people=["c"])
    pictures = []
    for person in people:
        image = np.zeros((8, 8, 4), np.uint8)
        image[2:6, 2:6] = (ord(person), 255, 255, 255)
        pictures.append(Picture(image, "0", person, chosen.split_of(person)))
    return Part("p", pictures, Origin("p", Kind.MIRROR, "0", ""), has_people=True)


def test_people_of_validation_and_test_are_nowhere_else(few, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(parts, "read", lambda *args: part("a", "b", "c"))
    data = settings(["p"], validation_people=["b"], test_people=["c"])
    prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")
    prepared = load(tmp_path / "hands", data)
    found = {split: set(prepared.column(split, "person")) for split in ("validation", "test")}
    assert found == {"validation": {"b"}, "test": {"c"}}
    assert set(prepared.column("train", "person")) == {"a", ""}


def test_a_picture_in_two_folders_stays_on_the_side_of_the_test(few, own_hands, tmp_path) -> None:
    other = tmp_path / "other"
    shutil.copytree(own_hands, other)
    for label in ("0", "1"):  # else both would be split alike
        (other / label / "9.png").unlink()
    data = settings({str(own_hands): 1.0, str(other): 1.0}, without=0.0, examples=400)
    prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")
    prepared = load(tmp_path / "hands", data)
    assert any("left out" in note for note in prepared.record["notes"])
    whole = {
        split: {image[0, 0, 0] for image in prepared.arrays(split)[0] if np.ptp(image) == 0}
        for split in ("validation", "test")
    }
    assert whole["test"]
    assert not whole["test"] & whole["validation"]


def test_large_photographs_are_kept_small_to_train_on_and_screenshots_are_not_cut_outs(
    few, own_hands: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    rng = np.random.default_rng(0)
    for folder in (own_hands, other):
        for label in ("0", "1"):
            (folder / label).mkdir(parents=True, exist_ok=True)
    for index in range(10):
        for label in ("0", "1"):
            photograph = Image.fromarray(rng.integers(0, 256, (200, 100, 3), np.uint8))
            photograph.convert("RGBA").save(own_hands / label / f"{index}.png")
            if index < 9:  # else both would be split alike
                photograph.save(other / label / f"{index}.png")
    data = settings({str(own_hands): 1.0, str(other): 1.0}, without=0.0)
    part = parts.read(str(own_hands), data, "builtin", tmp_path)
    assert part
    shapes = {(one.split == "train", one.image.shape) for one in part.pictures}
    assert shapes == {(True, (2 * 3 * SIDE, 3 * SIDE, 3)), (False, (200, 100, 3))}
    prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")
    notes = load(tmp_path / "hands", data).record["notes"]
    assert any("are in validation or test too: left out" in note for note in notes)


def test_people_are_named_of_sets_that_tell_them_apart_and_every_split_has_some(
    few, own_hands, monkeypatch, tmp_path
) -> None:
    data = settings({"drawn": 1.0, str(own_hands): 1.0}, test_people=["drawn"])
    with pytest.raises(UserError, match="test_people: drawn should be among nobody"):
        prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")
    monkeypatch.setattr(parts, "read", lambda *args: part("a", "c"))
    data = settings(["p"], test_people=["c"])
    with pytest.raises(UserError, match="p: no picture is for validation; name people"):
        prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")


@pytest.mark.parametrize("taken", ["drawn_hands", "drawn", "again/own"])
def test_a_folder_that_is_named_as_another_set_or_person_is_refused(
    taken: str, few, own_hands: Path, tmp_path: Path
) -> None:
    shutil.copytree(own_hands, tmp_path / taken)
    dataset = {"drawn": 1.0, str(own_hands): 1.0, str(tmp_path / taken): 1.0}
    with pytest.raises(UserError, match=r"should have another name: .* is already that of"):
        prepare(settings(dataset), "builtin", tmp_path / "hands", tmp_path / "raw")


def test_a_person_who_is_not_there_is_refused(few, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(parts, "read", lambda *args: part("a", "b"))
    data = settings(["p"], test_people=["c"])
    with pytest.raises(UserError, match="test_people: c should be among a, b"):
        prepare(data, "builtin", tmp_path / "hands", tmp_path / "raw")


def test_a_set_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="hnads is neither one of signs, massey_digits, drawn, nor"):
        parts.read("hnads", settings(["hnads"]), "auto", tmp_path)
    assert set(HANDS) == {*parts.READERS, parts.DRAWN}


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        ({}, "it is {}"),
        ({"signs": -1}, "dataset.signs should be a weight above 0 and at most .*, it is -1"),
        ({"signs": 10**400}, "dataset.signs should be a weight above 0 and at most 1,000,000"),
        ({"signs": True}, "dataset.signs should be a weight above 0 and at most .*, it is True"),
        ({3: 1.0}, "it is {3: 1.0}"),
        (["signs", "signs"], "a list of different ones"),
        (3, "dataset should be a data set, .*, it is 3"),
    ],
)
def test_weights_that_cannot_be_are_refused(dataset, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        settings(dataset)
    with pytest.raises(UserError, match="others than validation_people"):
        settings(["signs"], validation_people=["a"], test_people=["a"])


def test_a_cut_out_is_laid_over_its_background_in_the_size_asked_for() -> None:
    image = np.zeros((40, 40, 4), np.uint8)
    image[10:30, 10:30] = (*RED, 255)
    cutout = Cutout.of(image, goes_on=False)
    background = np.full((64, 64, 3), 100, np.float32)
    for seed in range(20):
        picture = laid_over(cutout, background, np.random.default_rng(seed), (0.5, 0.5))
        assert picture.shape == (64, 64, 3)
        area = (picture[..., 0] > picture[..., 1] + 60).sum() / 64**2
        assert 0.12 < area < 0.45, "a square of half the side, more or less stretched"
        assert (np.abs(np.diff(picture, axis=2)).max(axis=2) < 1).any(), "grey is still seen"


def test_a_photograph_is_seen_again_as_large_as_asked_for() -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)
    rng = np.random.default_rng(1)
    again = developed(seen_again(image, SIDE, rng), rng)
    assert (again.shape, again.dtype) == ((SIDE, SIDE, 3), np.uint8)


def test_nobody_who_is_drawn_is_in_the_backgrounds_of_two_splits(
    few, monkeypatch, tmp_path
) -> None:
    drawn = []
    monkeypatch.setattr(
        backgrounds, "render_faces", lambda people, *_: drawn.extend(people) or iter(())
    )
    for split in mixture.SPLITS:
        backgrounds.photographs(split, "builtin", tmp_path)
    assert len(set(drawn)) == len(drawn) == 3 * backgrounds.DRAWN


def test_drawn_hands_before_packaged_photographs_are_drawn() -> None:
    drawn = Origin.drawn("drawn_hands", "0")
    packaged = Origin("sklearn_photographs", Kind.BUILTIN, "0", "")
    real = Origin("signs", Kind.MIRROR, "0", "")
    assert are_drawn([drawn, packaged])
    assert not are_drawn([drawn, packaged, real])
    assert not are_drawn([packaged])


@pytest.mark.parametrize("kind", ["mirror", "public", "package", "tfds", "folder", "builtin"])
def test_photographs_behind_drawn_hands_are_named_and_leave_them_drawn(kind: str) -> None:
    photograph = Origin("camvid", Kind(kind), "d1", "none")
    behind = backgrounds.origin([backgrounds.Photographs({}, [photograph])])
    assert (behind.kind, behind.is_drawn) == (kind, False)
    assert Origin.of(behind.record()) == behind
    drawn = [Origin.drawn("drawn_hands", "d2"), behind]
    assert are_drawn(drawn)
    assert "only what this program draws (drawn_hands (builtin))" in caution(drawn)
    assert in_words(drawn).startswith("drawn_hands + photographs (builtin")
    assert kind in in_words(drawn), "where the photographs are from"
    assert Report({}, {}, drawn).nature("accuracy") == "built in"
    with_real = [*drawn, Origin("signs", Kind.MIRROR, "d3", "none")]
    assert not are_drawn(with_real)
    assert caution(with_real) == ""
    assert Report({}, {}, with_real).nature("accuracy") == "real"


def test_hands_are_a_third_of_the_frame_and_more_and_frames_of_any_aspect_are_made_square() -> None:
    square = Cutout.of(np.full((60, 60, 4), 255, np.uint8), goes_on=False)
    rng, sides = np.random.default_rng(0), []
    for _ in range(400):
        seen = laid_over(square, np.zeros((96, 96, 3), np.float32), rng, sizes=(0.4, 0.4)).any(-1)
        rows, columns = (np.flatnonzero(seen.any(axis)) for axis in (-1, 0))
        sides.append((np.ptp(rows) + 1) / (np.ptp(columns) + 1))
    assert 0.35 < np.mean(np.abs(np.log(sides)) > np.log(1.15)) < 0.75  # turns and leans, too
    assert max(sides) > 1.7
    assert min(sides) < 1 / 1.7
    assert SIZES[0] <= 1 / 3
