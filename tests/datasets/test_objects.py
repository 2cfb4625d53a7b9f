"""Scenes, Pascal-VOC folders and what becomes of wrong annotations."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.datasets.objects import preparation, prepared
from fivenets.datasets.objects.preparation import prepare
from fivenets.datasets.objects.prepared import ObjectDataset, ObjectSettings, load
from fivenets.datasets.opening import builder_in
from fivenets.detection import scoring
from fivenets.drawn.scenes import HEIGHT, MIN_SIDE, WIDTH, render_scenes

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
    hard = voc_object("white", 0, 0, 50, 50, difficult=1)
    annotate(folder, "b", hard, voc_object("red", 10, 20, 30, 40))
    return folder


def annotate(folder: Path, stem: str, *objects: str) -> None:
    file = folder / "Annotations" / f"{stem}.xml"
    file.write_text(f"<annotation>{''.join(objects)}</annotation>")


def settings(dataset: Any, train: str = "train", test: str = "test") -> ObjectSettings:
    one = str(dataset) if isinstance(dataset, Path) else dataset
    return ObjectSettings(dataset=one, train=train, test=test)


def test_a_voc_folder_becomes_pictures_with_boxes(voc: Path, tmp_path: Path) -> None:
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings(voc))
    assert data.labels == ("red", "white")
    [a], [b] = data.train, data.test
    # The white cell reaches out of the picture and is cut at its edge.
    assert a.boxes_xyxy == pytest.approx(np.array([[0.1, 0.4, 0.3, 0.8], [0.9, 0.1, 1, 0.5]]))
    assert (a.classes.tolist(), a.is_difficult.tolist()) == ([0, 1], [False, False])
    assert (b.classes.tolist(), b.is_difficult.tolist()) == ([1, 0], [True, False])
    assert a.image_rgb_uint8.shape == (50, 100, 3)
    assert a.image_rgb_uint8[25, 50].tolist() == [60] * 3
    assert data.record["kind"] == "folder"
    assert data.record["left_out"] == []


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
        ("no_such_set", "neither scenes, camvid, bccd, nor a folder, nor known to TFDS"),
        ("mnist", "mnist should have the features image, objects/bbox and objects/label"),
    ]:
        with pytest.raises(UserError, match=message):
            prepare(settings(dataset), "auto", tmp_path / "data", tmp_path / "raw")
    with pytest.raises(UserError, match="test should be another split of scenes than train"):
        settings("scenes", test="train")


def test_a_real_set_that_cannot_be_had_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "fetch", lambda *words: None)
    with pytest.raises(UserError, match="bccd: neither a mirror nor the public host has it"):
        prepare(settings("bccd"), "auto", tmp_path / "data", tmp_path / "raw")


def test_the_source_of_data_is_what_was_asked_for(tmp_path: Path, monkeypatch) -> None:
    def never(*words: object) -> None:
        raise AssertionError("asked for what lies elsewhere")

    monkeypatch.setattr(preparation, "fetch", never)
    monkeypatch.setattr(preparation, "download", never)
    for dataset, source, message in [
        ("bccd", "builtin", "bccd would have to be fetched, and data.source is builtin"),
        ("mnist", "builtin", "mnist would have to be fetched, and data.source is builtin"),
        ("scenes", "real", "scenes are drawn, and data.source is real: expected camvid, bccd"),
    ]:
        with pytest.raises(UserError, match=message):
            prepare(settings(dataset), source, tmp_path / "data", tmp_path / "raw")
    assert not (tmp_path / "data").exists()


def test_splits_that_share_examples_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 10, "test": 2})
    with pytest.raises(UserError, match="no example in common: 1 of the 1 to test on"):
        prepare(settings("scenes", test="train[:10%]"), "auto", tmp_path / "data", tmp_path / "raw")
    assert not (tmp_path / "data").exists()
    prepare(settings("scenes"), "auto", tmp_path / "data", tmp_path / "raw")
    load(tmp_path / "data", settings("scenes", "train[:60%]", "train[60%:]+test"))
    for train, test, message in [
        ("train", "train[:10%]", r"no example in common: 1 of the 1 to test on would have been"),
        ("train[:60%]+test", "train[40%:]", "no example in common: 2 of the 6 to test on"),
        ("all", "test", "no example in common: 2 of the 2 to test on"),
        ("val", "test", r"split val cannot be read \(train, test are there, and parts"),
        ("train[:0%]", "test", r"split train\[:0%\] holds no examples"),
    ]:
        with pytest.raises(UserError, match=message):
            load(tmp_path / "data", settings("scenes", train, test))
    with pytest.raises(UserError, match="train should be a split such as train, train"):
        settings("scenes", "train[")


def test_a_picture_of_two_lists_is_refused_where_both_are_used(voc: Path, tmp_path: Path) -> None:
    lists = voc / "ImageSets/Main"
    (lists / "val.txt").write_text("b\n")
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    remarks = load(tmp_path / "data", settings(voc)).record["notes"]
    assert "b.jpg: in the lists of validation and of test" in remarks
    with pytest.raises(
        UserError, match=r"b\.jpg: in the lists of validation and of test: expected"
    ):
        prepare(settings(voc, "train+validation"), "auto", tmp_path / "data", tmp_path / "raw")


def test_a_copy_of_a_picture_among_those_to_test_on_is_said(voc: Path, tmp_path: Path) -> None:
    shutil.copy(voc / "JPEGImages/a.jpg", voc / "JPEGImages/b.jpg")
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    record = load(tmp_path / "data", settings(voc)).record
    assert "b.jpg: to be tested on, and the same picture is trained on" in record["notes"]


def test_what_there_is_to_find_and_to_learn_from_is_known_beforehand(
    voc: Path, tmp_path: Path
) -> None:
    hard = voc_object("red", 1, 1, 9, 9, difficult=1)
    annotate(voc, "b", voc_object("green", 10, 20, 30, 40), hard)
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    assert load(tmp_path / "data", settings(voc)).record["notes"][-2:] == [
        "green (1): to be found in test, and nothing to learn from in train",
        "1 objects marked difficult, or crowds, count neither way",
    ]
    annotate(voc, "b", hard)
    message = "test has no objects to learn from or to find: .* 1 are and 0 have no area"
    with pytest.raises(UserError, match=message):
        prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")


def test_pictures_are_stored_as_they_are_shown(voc: Path, tmp_path: Path) -> None:
    """Whoever reads the set by TFDS alone, which turns nothing, has boxes on their objects."""
    lying = Image.new("RGB", (100, 50), "white")
    lying.paste((200, 0, 0), (10, 20, 30, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise, 50 wide and 100 high
    lying.save(voc / "JPEGImages/a.jpg", exif=exif, quality=95)
    size = "<size><width>100</width><height>50</height></size>"
    annotate(voc, "a", size, voc_object("red", 10, 20, 30, 40))
    (voc / "JPEGImages/b.jpg").unlink()
    lying.save(voc / "JPEGImages/b.webp", lossless=True)
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings(voc))
    builder = builder_in(tmp_path / "data")
    [row] = tfds.as_numpy(builder.as_dataset("train"))
    assert row["image"].shape == data.train[0].image_rgb_uint8.shape == (100, 50, 3)
    box = data.train[0].boxes_xyxy[0] * [50, 100, 50, 100]
    assert box == pytest.approx([10, 10, 30, 30])
    left, top, right, bottom = box.round().astype(int)
    assert row["image"][top:bottom, left:right].mean(axis=(0, 1)) == pytest.approx(
        [200, 0, 0], abs=9
    )
    [row] = tfds.as_numpy(builder.as_dataset("test"))
    assert (row["image"] == np.asarray(lying)).all()


def test_a_split_that_is_not_asked_for_is_not_read(voc: Path, tmp_path: Path, monkeypatch) -> None:
    prepare(settings(voc), "auto", tmp_path / "data", tmp_path / "raw")
    data, decoded = load(tmp_path / "data", settings(voc)), []

    def read_image(source: bytes) -> np.ndarray:
        decoded.append(source)
        return images.read_image(source)

    monkeypatch.setattr(prepared, "read_image", read_image)
    assert [len(example.classes) for example in data.test] == [2]
    assert decoded == [(voc / "JPEGImages/b.jpg").read_bytes()]
    assert (len(data.train), len(data.test[:3])) == (1, 1)


def street(name: str, out: Path, others: str) -> tfds.core.DatasetBuilder:
    """A set of TFDS with crowds, a flat box, and names of files, as its COCO has."""
    inside = {
        "bbox": tfds.features.BBoxFeature(),
        "label": tfds.features.ClassLabel(names=["car", "bus"]),
        "is_crowd": np.bool_,
    }
    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "image/filename": tfds.features.Text(),
        "objects": tfds.features.Sequence(inside),
    }
    whole = {"bbox": tfds.features.BBox(0.1, 0.2, 0.5, 0.6), "label": "car", "is_crowd": False}
    flat = {"bbox": tfds.features.BBox(0.1, 0.2, 0.1, 0.6), "label": "bus", "is_crowd": False}
    rows = {
        split: {
            "image": np.full((20, 30, 3), value, np.uint8),
            "image/filename": f"{value}.png",
            "objects": [flat, whole, whole | {"is_crowd": True}],
        }
        for value, split in enumerate(("train", "test"))
    }
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={split: [(0, row)] for split, row in rows.items()},
        data_dir=out,
    )
    return builder_in(out)


def test_flat_boxes_of_a_tfds_set_are_left_out_and_named(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(preparation, "tfds_builder", street)
    prepare(settings("street"), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings("street"))
    assert data.record["left_out"] == [
        "0.png: the box [0.2, 0.1, 0.6, 0.1] of a bus, in 0..1, has no area",
        "1.png: the box [0.2, 0.1, 0.6, 0.1] of a bus, in 0..1, has no area",
    ]
    assert "left out: 2 boxes in all; source.json names each" in caplog.messages
    [one] = data.test
    assert (one.classes.tolist(), one.is_difficult.tolist()) == ([0, 0], [False, True])
    assert one.boxes_xyxy[0] == pytest.approx([0.2, 0.1, 0.6, 0.5])
    [truth] = scoring.truth_of(data.test)  # where a flat box would have ended it
    assert truth.boxes_xyxy[0] == pytest.approx([6, 2, 18, 10])


def test_scenes_are_prepared_the_same_way(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 3, "test": 1})
    prepare(settings("scenes"), "auto", tmp_path / "data", tmp_path / "raw")
    data = load(tmp_path / "data", settings("scenes", "train[:2]", "test"))
    assert data.labels == ("car", "pedestrian", "motorcycle", "bicyclist")
    assert (len(data.train), len(data.test)) == (2, 1)
    assert data.record["kind"] == "builtin"
    with pytest.raises(UserError, match="split validation cannot be read"):
        load(tmp_path / "data", settings("scenes", test="validation"))


def test_a_scene_is_repeatable_and_its_boxes_hold_its_objects() -> None:
    first, again = list(render_scenes(6, seed=3)), list(render_scenes(6, seed=3))
    for scene, same in zip(first, again, strict=True):
        assert (scene.image_rgb_uint8 == same.image_rgb_uint8).all()
        assert scene.image_rgb_uint8.shape == (HEIGHT, WIDTH, 3)
        assert 1 <= len(scene.classes) <= 8
        assert len(scene.boxes_xyxy) == len(scene.classes)
        left, top, right, bottom = scene.boxes_xyxy.T
        assert (left >= 0).all()
        assert (top >= 0).all()
        assert (right <= WIDTH).all()
        assert (bottom <= HEIGHT).all()
        assert np.minimum(right - left, bottom - top).min() >= MIN_SIDE
    other = next(render_scenes(1, seed=4))
    assert (first[0].image_rgb_uint8 != other.image_rgb_uint8).any()
    assert {label for scene in render_scenes(12, seed=0) for label in scene.classes} == {0, 1, 2, 3}


def test_of_several_data_sets_each_picture_keeps_its_source(
    voc: Path, tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 3, "test": 1})
    monkeypatch.delenv("FIVENETS_MIRROR", raising=False)
    several = settings({str(voc): 2, "camvid": 1, "scenes": 1})
    prepare(several, "builtin", tmp_path / "data", tmp_path / "raw")
    assert "camvid would have to be fetched" in caplog.text
    data = load(tmp_path / "data", several)
    alone = load_alone(voc, tmp_path)
    assert data.labels[: len(alone.labels)] == alone.labels
    assert data.labels[len(alone.labels) :] == ("car", "pedestrian", "motorcycle", "bicyclist")
    for name, count in ((str(voc), len(alone.train)), ("scenes", 3)):
        assert sum(one.source == name for one in data.train) == count
    assert data.record["left_out"][0] == "camvid"
    assert [origin.asset for origin in data.origins] == [voc.name, "scenes"]
    assert {name: origin.is_drawn for name, origin in data.origin_of.items()} == {
        str(voc): False,
        "scenes": True,
    }
    [first] = [one for one in alone.train if len(one.classes)][:1]
    assert any(
        one.source == str(voc) and np.array_equal(one.boxes_xyxy, first.boxes_xyxy)
        for one in data.train
    )


def load_alone(folder: Path, tmp_path: Path) -> ObjectDataset:
    prepare(settings(str(folder)), "auto", tmp_path / "alone", tmp_path / "raw")
    return load(tmp_path / "alone", settings(str(folder)))


def test_where_none_of_several_data_sets_can_be_had_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of camvid, bccd can be had"):
        prepare(settings({"camvid": 1, "bccd": 1}), "builtin", tmp_path / "data", tmp_path / "raw")


@pytest.mark.parametrize("dataset", [[], {}, {"scenes": -1}, {"scenes": 0}, ["scenes", "scenes"]])
def test_lists_of_data_sets_that_cannot_be_are_refused(dataset) -> None:
    with pytest.raises(UserError, match="dataset"):
        settings(dataset)
