"""A data set of TFDS takes part in a mixture of hands, with its own splits."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets.classification import backgrounds, mixture, parts
from fivenets.datasets.classification.preparation import is_stale, prepare
from fivenets.datasets.classification.prepared import load
from fivenets.datasets.settings import DataSettings

SIDE = 20


class HandsForTest(tfds.core.GeneratorBasedBuilder):
    """20 grey walls in each of its splits, of which every fourth shows something before green."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS: dict = {"train": 100, "test": 200}  # noqa: RUF012
    LABELS = ("3", "5")
    CHANNELS = 3

    def _info(self) -> tfds.core.DatasetInfo:
        image = tfds.features.Image(shape=(SIDE, SIDE, self.CHANNELS))
        features = {"image": image, "label": tfds.features.ClassLabel(names=list(self.LABELS))}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(first) for split, first in self.SPLITS.items()}

    def _generate_examples(self, first):
        for number in range(20):
            image = np.full((SIDE, SIDE, self.CHANNELS), first + number, np.uint8)
            if self.CHANNELS == 3 and number % 4 == 0:
                image[:] = (0, 177, 64)
                image[5:15, 5:15] = (first + number, 20, 20)
            yield number, {"image": image, "label": number % 2}


class HandsForTestGrey(HandsForTest):
    CHANNELS = 1


class HandsForTestOthers(HandsForTest):
    LABELS = ("3", "thumbs_up")


class HandsForTestShared(HandsForTest):
    SPLITS: dict = {"train": 100, "test": 105}  # noqa: RUF012


class HandsForTestTestOnly(HandsForTest):
    SPLITS: dict = {"test": 100}  # noqa: RUF012


def settings(*names: str) -> DataSettings:
    return DataSettings(
        dataset=list(names),
        image_size=SIDE,
        validation_fraction=0.2,
        test_fraction=0.2,
        split_seed=0,
        examples=60,
        drawn=2,
        without=0.5,
        views=2,
    )


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few drawn hands and backgrounds."""
    monkeypatch.setattr(parts, "DRAWN_PER_LABEL", {"validation": 1, "test": 1})
    monkeypatch.setattr(backgrounds, "CROPS", 5)
    monkeypatch.setattr(backgrounds, "DRAWN", 2)
    monkeypatch.setattr(mixture, "OTHERS", 3)


@pytest.mark.usefixtures("few")
def test_a_set_of_tfds_takes_part_with_its_own_splits(tmp_path: Path) -> None:
    data, out = settings("drawn", "hands_for_test"), tmp_path / "hands"
    prepare(data, "builtin", out, tmp_path / "raw")
    record = json.loads((out / "source.json").read_text())
    kinds = {one["asset"]: one["kind"] for one in record["sources"]}
    assert kinds["hands_for_test"] == "tfds"
    assert record["notes"] == [
        "10 of 40 pictures of hands_for_test stand before one plain colour: cut out"
    ]
    assert not is_stale(data.dataset, out, "builtin")
    prepared = load(out, data)
    assert prepared.labels == ("0", "1", "2", "3", "4", "5")
    is_own = prepared.column("test", "source") == "hands_for_test"
    assert is_own.sum() == 15 + 5 * 2  # a cut-out before a wall and before a photograph
    assert set(prepared.column("train", "person")) == {"drawn", "hands_for_test", ""}
    images, labels = prepared.arrays("test")
    is_whole = is_own & (prepared.column("test", "background") == "own")
    assert {
        (image[0, 0, 0], str(prepared.labels[label]))
        for image, label in zip(images[is_whole], labels[is_whole], strict=True)
    } == {(200 + n, "5" if n % 2 else "3") for n in range(20) if n % 4}


def test_missing_splits_are_cut_from_train_and_grey_has_three_channels(tmp_path: Path) -> None:
    part = parts.read("hands_for_test_grey", settings("hands_for_test_grey"), "auto", tmp_path)
    assert part
    assert part.listed is None
    counts = {split: sum(one.split == split for one in part.pictures) for split in mixture.SPLITS}
    assert counts == {"train": 16, "validation": 4, "test": 20}
    assert {one.image.shape for one in part.pictures} == {(SIDE, SIDE, 3)}
    assert {one.person for one in part.pictures} == {"hands_for_test_grey"}
    shown = {(one.image[0, 0, 0], one.label) for one in part.pictures if one.split == "test"}
    assert shown == {(200 + number, "5" if number % 2 else "3") for number in range(20)}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "hands_for_test_others",
            "should show signs named 0, 1, 2, 3, 4, 5, it shows thumbs_up$",
        ),
        ("hands_for_test_test_only", "should have a split train, it has test$"),
        ("hands_for_test_shared", "hands_for_test_shared: splits should share nothing: "),
        ("./nowhere", "./nowhere is neither one of signs, massey_digits, drawn, nor a folder$"),
        ("hnads", "hnads is neither one of signs, .*, drawn, nor a folder, nor known to TFDS$"),
    ],
)
def test_a_set_that_shows_no_signs_or_has_no_splits_is_refused(
    name: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence):
        parts.read(name, settings(name), "auto", tmp_path)
