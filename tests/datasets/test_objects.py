"""Scenes, Pascal-VOC folders and what becomes of wrong annotations."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.datasets.objects import preparation
from fivenets.datasets.objects.preparation import prepare
from fivenets.datasets.objects.prepared import ObjectSettings, load
from fivenets.drawn.scenes import HEIGHT, WIDTH, render_scenes

OBJECT = "<object><name>{}</name><difficult>{}</difficult><bndbox>{}</bndbox></object>"


def voc_object(label: str, *box: float, difficult: int = 0) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    sides = "".join(f"<{n}>{v}</{n}>" for n, v in zip(names, box, strict=True))
    return OBJECT.format(label, difficult, sides)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Pictures a and b of 100 by 50 pixels, one to train and one to test."""
    folder = tmp_path / "cells"
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    for stem, split, value in (("a", "train", 60), ("b", "test", 180)):
        Image.new("RGB", (100, 50), (value,) * 3).save(folder / "JPEGImages" / f"{stem}.jpg")
        (folder / "ImageSets/Main" / f"{split}.txt").write_text(f"{stem}\n")
    annotate(folder, "a", voc_object("red", 10, 20, 30, 40), voc_object("white", 90, 5, 120, 25))
    annotate(folder, "b", voc_object("white", 0, 0, 50, 50, difficult=1))
    return folder


def annotate(folder: Path, stem: str, *objects: str) -> None:
    file = folder / "Annotations" / f"{stem}.xml"
    file.write_text(f"<annotation>{''.join(objects)}</annotation>")


def settings(dataset: object, train: str = "train", test: str = "test") -> ObjectSettings:
    return ObjectSettings(dataset=str(dataset), train=train, test=test)


def test_a_voc_folder_becomes_pictures_with_boxes(voc: Path, tmp_path: Path) -> None:
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings(voc))
    assert data.labels == ("red", "white")
    [a], [b] = data.train, data.test
    # The white cell reaches out of the picture and is cut at its edge.
    assert a.boxes_xyxy == pytest.approx(np.array([[0.1, 0.4, 0.3, 0.8], [0.9, 0.1, 1, 0.5]]))
    assert (a.classes.tolist(), a.is_difficult.tolist()) == ([0, 1], [False, False])
    assert (b.classes.tolist(), b.is_difficult.tolist()) == ([1], [True])
    assert a.image_rgb_uint8.shape == (50, 100, 3)
    assert a.image_rgb_uint8[25, 50].tolist() == [60] * 3
    assert data.source["origin"] == "folder"
    assert data.source["left_out"] == []


def test_boxes_that_cannot_be_used_are_named_and_left_out(voc: Path, tmp_path: Path) -> None:
    flat, outside = voc_object("red", 10, 20, 10, 40), voc_object("red", 200, 5, 220, 25)
    annotate(voc, "a", voc_object("red", 10, 20, 30, 40), flat, outside)
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    source = json.loads((tmp_path / "data/source.json").read_text())
    assert source["left_out"] == [
        "a.jpg: the box [10.0, 20.0, 10.0, 40.0] of a red has no area",
        "a.jpg: the box [200.0, 5.0, 220.0, 25.0] of a red lies outside of its 100x50 pixels",
    ]
    assert len(load(tmp_path / "data", settings(voc)).train[0].classes) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<annotation>", "a.xml is not XML"),
        (voc_object("", 1, 2, 3, 4), "an object without a usable name"),
        (voc_object("red", 1, 2, 3, 4).replace("ymax", "top"), "a usable bndbox/ymax"),
        (voc_object("red", 1, 2, 3, 4).replace(">3<", ">x<"), "usable bndbox/xmax: 'x'"),
    ],
)
def test_an_annotation_that_cannot_be_read_is_a_sentence(
    voc: Path, tmp_path: Path, content: str, message: str
) -> None:
    text = content if content == "<annotation>" else f"<annotation>{content}</annotation>"
    (voc / "Annotations/a.xml").write_text(text)
    with pytest.raises(UserError, match=message):
        prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    assert not (tmp_path / "data").exists()


def test_other_data_are_refused_in_a_sentence(voc: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (voc / "JPEGImages/b.jpg").unlink()
    for dataset, message in [
        (tmp_path / "empty", "is not a Pascal-VOC folder"),
        (voc, r"b.xml is of a picture that is not there"),
        ("no_such_set", "neither scenes, bccd, nor a folder, nor known to TFDS"),
        ("mnist", "mnist should have the features image, objects/bbox and objects/label"),
    ]:
        with pytest.raises(UserError, match=message):
            prepare(settings(dataset), "auto", tmp_path / "data", tmp_path / "raw")
    with pytest.raises(UserError, match="test should be another split of scenes than train"):
        settings("scenes", test="train")


def test_a_real_set_that_cannot_be_had_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation.assets, "fetch", lambda *words: None)
    with pytest.raises(UserError, match="bccd: neither a mirror nor the public host has it"):
        prepare(settings("bccd"), "builtin", tmp_path / "data", tmp_path / "raw")


def test_scenes_are_prepared_the_same_way(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 3, "test": 1})
    prepare(settings("scenes"), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings("scenes", "train[:2]", "test"))
    assert data.labels == ("car", "pedestrian", "motorcycle")
    assert (len(data.train), len(data.test)) == (2, 1)
    assert data.source["origin"] == "builtin"
    with pytest.raises(UserError, match="split validation cannot be read"):
        load(tmp_path / "data", settings("scenes", test="validation"))


def test_a_scene_is_repeatable_and_its_boxes_hold_its_objects() -> None:
    first, again = list(render_scenes(6, seed=3)), list(render_scenes(6, seed=3))
    for scene, same in zip(first, again, strict=True):
        assert (scene.image_rgb_uint8 == same.image_rgb_uint8).all()
        assert scene.image_rgb_uint8.shape == (HEIGHT, WIDTH, 3)
        assert 1 <= len(scene.classes) <= 6
        assert len(scene.boxes_xyxy) == len(scene.classes)
        left, top, right, bottom = scene.boxes_xyxy.T
        assert (left >= 0).all()
        assert (top >= 0).all()
        assert (right <= WIDTH).all()
        assert (bottom <= HEIGHT).all()
        assert np.minimum(right - left, bottom - top).min() >= 11
    other = next(render_scenes(1, seed=4))
    assert (first[0].image_rgb_uint8 != other.image_rgb_uint8).any()
    assert {label for scene in render_scenes(12, seed=0) for label in scene.classes} == {0, 1, 2}
