"""Faces, drawn and prepared: who is in which part."""

import json
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.datasets.faces.faces_dataset_builder import BUILTIN_PEOPLE, read_folder
from fivenets.datasets.faces.preparation import prepare
from fivenets.datasets.faces.prepared import FaceSettings, load
from fivenets.drawn.people import render_faces


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


@pytest.mark.parametrize("count", [1, 4])
def test_a_split_that_leaves_too_few_people_is_refused(
    count: int, folder: Path, tmp_path: Path
) -> None:
    prepare(settings(str(folder)), "auto", tmp_path / "out", tmp_path / "raw", None)
    with pytest.raises(UserError, match=r"test_people should be 0 .all. or lie in 2\.\.3 for 5"):
        load(tmp_path / "out", settings(str(folder), test_people=count))


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="should hold one folder of images per person"):
        list(read_folder(tmp_path))


class FacesForTestOffline(tfds.core.GeneratorBasedBuilder):
    """Known to TFDS by being defined; its host does not answer."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(), "label": tfds.features.Text()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        raise requests.ConnectionError("no route to host")

    def _generate_examples(self):
        yield from ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_faces", "no_such_faces is neither att_faces, lfw10, nor a folder, nor known to"),
        ("faces_for_test_offline:9.0.0", "is neither att_faces, lfw10, nor a folder"),
        ("faces_for_test_offline", "faces_for_test_offline could not be downloaded: no route to"),
    ],
)
def test_faces_of_tfds_that_cannot_be_had_are_a_sentence(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        prepare(settings(name), "auto", tmp_path / "out", tmp_path / "raw", None)
    assert not (tmp_path / "out").exists()
