"""Faces, drawn and prepared: who is in which part."""

import dataclasses
import json
import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core import listing
from fivenets.core.errors import UserError
from fivenets.datasets.faces.faces_dataset_builder import BUILTIN_PEOPLE, read_folder
from fivenets.datasets.faces.preparation import prepare, read
from fivenets.datasets.faces.prepared import Faces, FaceSettings, alone, load, name_key, shared
from fivenets.drawn.people import render_faces
from fivenets.sources.origin import Origin


def settings(dataset: str, test_people: int = 2, align: bool = False) -> FaceSettings:
    return FaceSettings(dataset=dataset, align=align, test_people=test_people, split_seed=0)


def test_drawn_people_stay_themselves_and_differ_from_each_other() -> None:
    first, again = (list(render_faces(range(3), 2, size=48)) for _ in range(2))
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert [person for _, person in first] == [f"person00{n}" for n in (0, 0, 1, 1, 2, 2)]
    assert len({picture.tobytes() for picture, _ in first}) == 6
    assert all(picture.std() > 20 for picture, _ in first)


def test_no_drawn_person_stands_in_two_sets() -> None:
    one, other = BUILTIN_PEOPLE.values()
    assert not set(one) & set(other)
    assert len(one) >= 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, (picture, person) in enumerate(render_faces(range(5), 2, size=32)):
        (tmp_path / "people" / person).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "people" / person / f"{index}.png")
    return tmp_path / "people"


def test_nobody_is_in_training_and_in_test(folder: Path, tmp_path: Path) -> None:
    chosen = settings(str(folder))
    prepare(chosen, "auto", tmp_path / "out", tmp_path / "raw", None)
    train, test, source = load(tmp_path / "out", chosen)
    assert len(set(test.people)) == 2
    assert len(set(train.people)) == 3
    assert not set(train.people) & set(test.people)
    assert sorted(set(train.labels)) == [0, 1, 2]
    assert source["kind"] == "folder"
    everyone = load(tmp_path / "out", settings(str(folder), test_people=0))[1]
    assert len(everyone.people) == 10


def test_names_that_are_no_utf8_are_kept_in_marks(folder: Path, tmp_path: Path) -> None:
    (folder / "person000").rename(folder / os.fsdecode(b"caf\xe9"))
    prepare(settings(str(folder)), "auto", tmp_path / "out", tmp_path / "raw", None)
    seen, unseen, _ = load(tmp_path / "out", settings(str(folder)))
    assert r"caf\xe9" in {*seen.people, *unseen.people}


def test_pictures_that_cannot_be_aligned_are_left_out_and_named(
    folder: Path, tmp_path: Path
) -> None:
    def align(pictures, names):
        return [
            UserError(f"{name}: one face expected, none found")
            if name.endswith("person004/8.png")
            else picture[:20, :20]
            for picture, name in zip(pictures, names, strict=True)
        ]

    prepare(settings(str(folder), align=True), "auto", tmp_path / "out", tmp_path / "raw", align)
    source = json.loads((tmp_path / "out" / "source.json").read_text())
    assert source["examples"] == {"train": 9}
    assert "person004/8.png: one face expected" in source["skipped"][0]


def test_a_split_that_leaves_too_few_people_is_refused(folder: Path, tmp_path: Path) -> None:
    prepare(settings(str(folder)), "auto", tmp_path / "out", tmp_path / "raw", None)
    with pytest.raises(UserError, match=r"test_people should be 0 .all. or lie in 2\.\.3 for 5"):
        load(tmp_path / "out", settings(str(folder), test_people=4))
    with pytest.raises(UserError, match=r"test_people should be 0 .all. or at least 2, it is 1"):
        settings(str(folder), test_people=1)


def draw_folder(folder: Path, *counts: int) -> Path:
    """Drawn people with so many pictures each."""
    pictures = list(render_faces(range(len(counts)), max(counts), size=32))
    for row, (picture, person) in enumerate(pictures):
        if row % max(counts) < counts[row // max(counts)]:
            (folder / person).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / person / f"{row}.png")
    return folder


def test_people_with_one_picture_are_named_and_never_chosen_for_the_test(
    tmp_path: Path, caplog
) -> None:
    folder, out = draw_folder(tmp_path / "people", 1, 2, 3, 1, 2, 2, 1, 1, 1, 1), tmp_path / "out"
    with caplog.at_level(logging.WARNING):
        prepare(settings(str(folder)), "auto", out, tmp_path / "raw", None)
    assert "6 of 10 people have one picture (person000, person003, " in caplog.text
    assert "person008 and 1 more): they are not trained on" in caplog.text
    assert json.loads((out / "source.json").read_text())["people_with_one_picture"] == 6
    for seed in range(5):
        chosen = dataclasses.replace(settings(str(folder)), split_seed=seed)
        train, test, _ = load(out, chosen)
        assert set(test.people) <= {"person001", "person002", "person004", "person005"}
        assert len(set(test.people)) == 2
        assert len(alone(train.people)) == 6


def test_a_picture_of_two_people_is_left_out_and_of_one_person_kept_once(
    tmp_path: Path, caplog
) -> None:
    folder = draw_folder(tmp_path / "people", 3, 3, 3)
    shutil.copy(folder / "person000" / "0.png", folder / "person000" / "9.png")
    with Image.open(folder / "person001" / "3.png") as image:
        image.save(folder / "person002" / "a.bmp")  # the same pixels in another format
    prepare(settings(str(folder)), "auto", tmp_path / "out", tmp_path / "raw", None)
    source = json.loads((tmp_path / "out" / "source.json").read_text())
    assert source["examples"] == {"train": 8}
    found = sorted(sentence.replace(f"{folder}/", "") for sentence in source["skipped"])
    assert found == [
        "person000/9.png: the same picture as person000/0.png",
        "person001/3.png: the same picture as person002/a.bmp: it can show one person only",
        "person002/a.bmp: the same picture as person001/3.png: it can show one person only",
    ]


def test_faces_cut_in_two_ways_from_one_picture_share_it(folder: Path, tmp_path: Path) -> None:
    def align(pictures, names):
        return [picture[:20, :20] for picture in pictures]

    renamed = folder.rename(tmp_path / "others")
    for number, person in enumerate(sorted(renamed.iterdir())[:3]):
        person.rename(renamed / f"x{number}")
    prepare(settings(str(renamed)), "auto", tmp_path / "whole", tmp_path / "raw", None)
    for number in range(3):
        (renamed / f"x{number}").rename(renamed / f"y{number}")
    aligned = settings(str(renamed), test_people=0, align=True)
    prepare(aligned, "auto", tmp_path / "cut", tmp_path / "raw", align)
    _, whole, _ = load(tmp_path / "whole", settings(str(renamed), test_people=0))
    _, cut, _ = load(tmp_path / "cut", aligned)
    assert cut.images[0].shape == (20, 20, 3)
    assert shared(whole, cut) == ["person003", "person004", "x0", "x1", "x2"]
    assert shared(whole.only(whole.people == "x1"), cut.only(cut.people != "y1")) == []


@pytest.mark.parametrize(
    ("one", "other", "is_shared"),
    [
        ("George_W_Bush", "george w. bush", True),
        ("Bush, George W", "George-W-Bush", True),
        ("José", "Jose\u0301", True),
        ("Jose", "José", True),
        ("王伟", "王伟", True),
        ("Anna", "Anne", False),
        ("s1", "s1", False),  # of two sets: numbers name nobody
        ("12", "12", False),
        ("person007", "person007", False),
        ("x", "x", False),
    ],
)
def test_names_are_compared_where_they_are_names(one: str, other: str, is_shared: bool) -> None:
    def of(name: str, picture: str) -> Faces:
        return Faces(
            [np.zeros((8, 8, 3), np.uint8)], np.array([name]), np.array([picture]), np.array([""])
        )

    assert (name_key(one) == name_key(other) != "") == is_shared
    assert shared(of(one, "a"), of(other, "b")) == ([one] if is_shared else [])
    assert shared(of(one, "a"), of(other, "a")) == [one]


def test_a_users_folder_is_walked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ann/10.png", "ann/9.png", "bob/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    walked, labelled = [], listing.labelled
    monkeypatch.setattr(
        listing, "labelled", lambda folder: walked.append(folder) or labelled(folder)
    )
    origin, examples, pairs = read(str(tmp_path), "auto", tmp_path)
    assert walked == [tmp_path]
    assert origin == Origin.own(tmp_path.name, labelled(tmp_path).digest())
    assert [one.name for one in examples] == [
        str(tmp_path / name) for name in ("ann/9.png", "ann/10.png", "bob/a.png")
    ]
    assert pairs == {}


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="should hold one folder of images per person"):
        list(read_folder(tmp_path))


class FacesForTestOffline(tfds.core.GeneratorBasedBuilder):
    """Known to TFDS by being defined; its host does not answer."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = (tfds.core.BuilderConfig(name="a"),)

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(), "label": tfds.features.Text()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        raise requests.ConnectionError("no route to host")

    def _generate_examples(self):
        yield from ()


class FacesForTestByName(tfds.core.GeneratorBasedBuilder):
    """As TFDS has LFW: names for labels, and many people with one picture."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(), "label": tfds.features.Text()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        shown = ["Ann_Lee", "Bo_Yu", "Cy_Orr"] * 2 + ["Di_Roe", "Ed_Poe", "Flo_Nye", "Gus_Moe"] * 2
        shown += ["Hal_Low", "Ian_Kay"]
        for row, ((picture, _), person) in enumerate(
            zip(render_faces(range(8), 2, size=32), shown, strict=True)
        ):
            yield row, {"image": picture, "label": person}


def test_a_set_of_tfds_says_who_has_one_picture(tmp_path: Path, caplog) -> None:
    chosen = settings("faces_for_test_by_name", test_people=3)
    with caplog.at_level(logging.WARNING):
        prepare(chosen, "auto", tmp_path / "out", tmp_path / "raw", None)
    assert "2 of 9 people have one picture (Hal_Low, Ian_Kay)" in caplog.text
    train, test, _ = load(tmp_path / "out", chosen)
    assert len(set(test.people)) == 3
    assert not {"Hal_Low", "Ian_Kay"} & {*test.people, *train.repeated().people}
    assert len(set(train.repeated().people)) == 4
    # Known by name, whatever the pictures.
    others = Faces(test.images[:2], np.array(["lee, ann", "IAN KAY"]), *2 * [np.array(["x", "y"])])
    everyone = train.and_also(test)
    assert shared(everyone, others) == ["Ann_Lee", "Ian_Kay"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "no_such_faces",
            "no_such_faces is neither att_faces, lfw10, lfw, lfw-view1, nor a folder, nor known to",
        ),
        (
            "faces_for_test_offline:9.0.0",
            "is neither att_faces, lfw10, lfw, lfw-view1, nor a folder",
        ),
        ("faces_for_test_offline/a", "faces_for_test_offline/a could not be downloaded: no route"),
        ("faces_for_test_offline", "faces_for_test_offline could not be downloaded: no route to"),
    ],
)
def test_faces_of_tfds_that_cannot_be_had_are_a_sentence(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        prepare(settings(name), "auto", tmp_path / "out", tmp_path / "raw", None)
    assert not (tmp_path / "out").exists()
