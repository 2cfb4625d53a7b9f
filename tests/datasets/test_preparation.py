"""SIGNS, a folder of images or a TFDS data set becomes a prepared one, or nothing changes."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core.digests import files_sha256, tree_sha256
from fivenets.core.errors import UserError
from fivenets.datasets.class_folders import SPLITS
from fivenets.datasets.classification.preparation import is_stale, prepare
from fivenets.datasets.classification.prepared import DataSettings, load
from fivenets.datasets.signs.signs_dataset_builder import BUILTIN_PER_LABEL
from fivenets.sources.asset import Archive
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE

MIRROR_OF_THE_PROJECT = Path(__file__).parents[3] / "shared" / "mirror"
SIDE = 8
CLASSES = {"cat": 10, "dog": 20}


def settings(dataset: Path | str, **changes) -> DataSettings:
    defaults = DataSettings(
        dataset=str(dataset),
        image_size=SIDE,
        validation_fraction=0.2,
        test_fraction=0.1,
        split_seed=0,
    )
    return replace(defaults, **changes)


def draw(folder: Path, count: int, first: int = 0) -> None:
    """Images of one colour each: red counts from `first`, so that no two are alike."""
    folder.mkdir(parents=True)
    for index in range(count):
        image = Image.new("RGB", (SIDE, SIDE), (first + index, 100, 200))
        image.save(folder / f"{index:02d}.png")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """10 cats with a red of 0 to 9, 20 dogs with one of 100 to 119, and what is no image."""
    folder = tmp_path / "pictures"
    draw(folder / "cat", CLASSES["cat"], first=0)
    draw(folder / "dog", CLASSES["dog"], first=100)
    (folder / "notes.txt").write_text("not a class")
    (folder / ".cache").mkdir()
    (folder / "cat" / "notes.txt").write_text("not an image")
    return folder


def prepared_reds(tmp_path: Path, data: DataSettings) -> dict[str, dict[str, set[int]]]:
    """Prepares `data`; answers the reds of each label of each split."""
    out = tmp_path / "out"
    prepare(data, "builtin", out, tmp_path / "raw")
    opened = load(out, data)
    found: dict[str, dict[str, set[int]]] = {}
    for split in SPLITS:
        images, labels = opened.arrays(split)
        found[split] = {
            name: {int(red) for red in images[labels == index][:, 0, 0, 0]}
            for index, name in enumerate(opened.labels)
        }
    return found


def test_builtin_signs_say_so_beside_the_data(drawn_signs: Path, signs_settings) -> None:
    source = json.loads((drawn_signs / "source.json").read_text())
    digest = tree_sha256(drawn_signs / "signs" / "builtin" / "1.0.0")
    assert source == {
        "asset": "signs",
        "kind": "builtin",
        "digest": digest,
        "licence": "Apache-2.0, drawn by this project",
        "is_drawn": True,
        "examples": {"train": 24, "validation": 12, "test": 6},
    }
    assert {path.name for path in drawn_signs.parent.iterdir()} == {"signs"}
    _, labels = load(drawn_signs, signs_settings).arrays("validation")
    assert np.bincount(labels).tolist() == [2] * 6


def test_as_many_signs_are_drawn_as_there_are_photographs() -> None:
    sizes = {split: 6 * per_label for split, per_label in BUILTIN_PER_LABEL.items()}
    assert sizes == {"train": 864, "validation": 216, "test": 120}


@pytest.mark.skipif(not MIRROR_OF_THE_PROJECT.is_dir(), reason="there is no ../shared/mirror")
def test_real_signs_are_the_photographs_of_the_course(
    tmp_path, signs_settings, monkeypatch
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, str(MIRROR_OF_THE_PROJECT))
    prepare(signs_settings, "auto", tmp_path / "out", tmp_path / "raw")
    data = load(tmp_path / "out", signs_settings)
    assert data.counts == {"train": 864, "validation": 216, "test": 120}
    assert (data.record["kind"], data.record["digest"]) == (
        "mirror",
        ASSETS["signs"].tree_sha256,
    )
    images, labels = data.arrays("test")
    photographs = sorted((tmp_path / "raw" / "signs" / "test_signs").glob("*.jpg"))
    drawn = {(int(path.name[0]), np.asarray(Image.open(path)).tobytes()) for path in photographs}
    assert {(label, image.tobytes()) for image, label in zip(images, labels, strict=True)} == drawn


def test_a_folder_is_split_class_by_class_without_sharing_an_image(tmp_path, pictures) -> None:
    reds = prepared_reds(tmp_path, settings(pictures))
    counts = {split: {name: len(found) for name, found in reds[split].items()} for split in SPLITS}
    assert counts == {
        "train": {"cat": 7, "dog": 14},
        "validation": {"cat": 2, "dog": 4},
        "test": {"cat": 1, "dog": 2},
    }
    # As many different reds as images in all: no image is in two splits, none is lost.
    assert set().union(*(split["cat"] for split in reds.values())) == set(range(10))
    assert set().union(*(split["dog"] for split in reds.values())) == set(range(100, 120))


def test_the_split_depends_on_its_seed_alone(tmp_path: Path, pictures: Path) -> None:
    first, again, other = (
        prepared_reds(tmp_path, settings(pictures, split_seed=seed)) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_the_order_does_not_depend_on_where_the_folder_is(tmp_path: Path, pictures: Path) -> None:
    shutil.copytree(pictures, tmp_path / "elsewhere" / "copy")
    reds = []
    for folder in (pictures, tmp_path / "elsewhere" / "copy"):
        prepare(settings(folder), "builtin", tmp_path / "out", tmp_path / "raw")
        images, _ = load(tmp_path / "out", settings(folder)).arrays("train")
        reds.append(images[:, 0, 0, 0].tolist())
    assert reds[0] == reds[1]


def test_the_record_of_a_folder_has_its_name_and_digest(tmp_path: Path, pictures: Path) -> None:
    prepare(settings(pictures), "builtin", tmp_path / "out", tmp_path / "raw")
    assert json.loads((tmp_path / "out" / "source.json").read_text()) == {
        "asset": "pictures",
        "kind": "folder",
        "digest": files_sha256(pictures, pictures.glob("*/*.png")),
        "licence": "the user's own",
        "is_drawn": False,
        "examples": {"train": 21, "validation": 6, "test": 3},
        "notes": [
            f"{pictures}: left out: hidden or a system's own (1: .cache); "
            "not pictures (2: cat/notes.txt, notes.txt)"
        ],
    }


def test_copies_of_a_picture_are_on_one_side_of_the_split(tmp_path: Path, pictures: Path) -> None:
    for index in range(5):
        with Image.open(pictures / "cat" / f"{index:02d}.png") as image:
            image.save(pictures / "cat" / f"copy-{index}.bmp")  # the same pixels in other bytes
    data = settings(pictures, test_fraction=0.3)
    reds = prepared_reds(tmp_path, data)
    assert [len(reds[split]["cat"]) for split in SPLITS] == [5, 2, 3]
    assert set().union(*(split["cat"] for split in reds.values())) == set(range(10))
    counts = load(tmp_path / "out", data).counts
    assert sum(counts.values()) == 35, "they count where they are"
    notes = json.loads((tmp_path / "out" / "source.json").read_text())["notes"]
    assert notes[-1] == f"{pictures}: 5 of 35 pictures are copies of others"


def test_a_picture_of_two_classes_is_said_and_on_one_side(tmp_path: Path, pictures: Path) -> None:
    shutil.copy(pictures / "cat" / "03.png", pictures / "dog" / "cat.png")
    (pictures / "cat").rename(pictures / "Dog")
    reds = prepared_reds(tmp_path, settings(pictures))
    [side] = [split for split in SPLITS if 3 in reds[split]["dog"]]
    assert 3 in reds[side]["Dog"]
    notes = json.loads((tmp_path / "out" / "source.json").read_text())["notes"]
    alike = "the classes Dog and dog differ in capitals or Unicode form only: they are taken as 2"
    assert f"{pictures}: {alike}" in notes
    assert any(": 2 pictures are in two classes or more, such as" in note for note in notes)


@pytest.mark.parametrize("validation", ["validation", "val", "Valid"])
def test_splits_that_share_pictures_are_refused(tmp_path: Path, validation: str) -> None:
    folder = tmp_path / "pictures"
    for first, (split, count) in enumerate({"train": 3, validation: 2, "test": 4}.items()):
        draw(folder / split / "cat", count, first=10 * first)
        draw(folder / split / "dog", count, first=100 + 10 * first)
    shutil.copy(folder / "train" / "cat" / "00.png", folder / "test" / "cat" / "again.png")
    with pytest.raises(
        UserError,
        match=r"pictures: splits should share no picture: 1 of the 9 different examples of test "
        r"are in train as well \(test/cat/again\.png is train/cat/00\.png\)$",
    ):
        prepare(settings(folder), "builtin", tmp_path / "out", tmp_path / "raw")
    (folder / "test" / "cat" / "again.png").unlink()
    prepare(settings(folder), "builtin", tmp_path / "out", tmp_path / "raw")
    assert load(tmp_path / "out", settings(folder)).counts == {
        "train": 6,
        "validation": 4,
        "test": 8,
    }


def test_a_class_without_pictures_says_what_it_has(tmp_path: Path, pictures: Path) -> None:
    for name in ("a.CR2", "b.CR2"):
        (pictures / "dog" / name).touch()
    for picture in (pictures / "dog").glob("*.png"):
        picture.unlink()
    with pytest.raises(UserError, match=r"dog holds no images; .*/pictures: left out: raw files"):
        prepare(settings(pictures), "builtin", tmp_path / "out", tmp_path / "raw")


def test_two_splits_that_are_one_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for first, split in enumerate(("train", "test")):
        draw(folder / split / "cat", 2, first=10 * first)
        draw(folder / split / "dog", 2, first=100 + 10 * first)
    (folder / "val").symlink_to("test")
    with pytest.raises(
        UserError, match=r"val/cat holds no images; .* listed already or .* \(1: val\)"
    ):
        prepare(settings(folder), "builtin", tmp_path / "out", tmp_path / "raw")


def test_a_class_that_a_split_lacks_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for first, split in enumerate(("train", "validation", "test")):
        draw(folder / split / "cat", 2, first=10 * first)
        draw(folder / split / "dog", 2, first=100 + 10 * first)
    shutil.rmtree(folder / "test" / "dog")
    prepare(settings(folder), "builtin", tmp_path / "out", tmp_path / "raw")
    notes = json.loads((tmp_path / "out" / "source.json").read_text())["notes"]
    assert notes == [f"{folder}: test has no images of dog"]


def test_a_class_may_be_called_train(tmp_path: Path, pictures: Path) -> None:
    (pictures / "cat").rename(pictures / "train")
    assert [
        len(part["train"]) for part in prepared_reds(tmp_path, settings(pictures)).values()
    ] == [
        7,
        2,
        1,
    ]


def test_folders_in_a_class_and_behind_links_belong_to_it(tmp_path: Path, pictures: Path) -> None:
    (pictures / "cat" / "2023").mkdir()
    (pictures / "cat" / "09.png").rename(pictures / "cat" / "2023" / "00.png")  # named alike
    (pictures / "dog").rename(tmp_path / "store")
    (pictures / "dog").symlink_to(tmp_path / "store")
    (pictures / "lost.png").write_bytes((tmp_path / "store" / "00.png").read_bytes())
    reds = prepared_reds(tmp_path, settings(pictures))
    assert set().union(*(split["cat"] for split in reds.values())) == set(range(10))
    assert set().union(*(split["dog"] for split in reds.values())) == set(range(100, 120))
    [note] = json.loads((tmp_path / "out" / "source.json").read_text())["notes"]
    assert "beside the folders and in none (1: lost.png)" in note


def test_every_picture_that_cannot_be_read_is_counted(tmp_path: Path, pictures: Path) -> None:
    for index in range(5):
        (pictures / "dog" / f"{index:02d}.png").write_bytes(b"<html>")
    with pytest.raises(UserError, match=r"dog/02\.png is not an .*; and 2 more of 30 pictures$"):
        prepare(settings(pictures), "builtin", tmp_path / "out", tmp_path / "raw")


@pytest.mark.parametrize("name", [b"c\xe4t", b"cat\n", b" cat"])
def test_a_class_whose_name_cannot_be_kept_is_refused(
    tmp_path: Path, pictures: Path, name: bytes
) -> None:
    (pictures / "cat").rename(pictures / os.fsdecode(name))
    with pytest.raises(UserError, match="the name of a class should be UTF-8 text"):
        prepare(settings(pictures), "builtin", tmp_path / "out", tmp_path / "raw")


def test_a_picture_whose_name_is_not_utf8_is_read(tmp_path: Path, pictures: Path) -> None:
    (pictures / "cat" / "09.png").rename(pictures / "cat" / os.fsdecode(b"\xe4.png"))
    reds = prepared_reds(tmp_path, settings(pictures))
    assert set().union(*(split["cat"] for split in reds.values())) == set(range(10))


def test_published_splits_that_share_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"10 of the 20 different examples of test are in train as well"
    ):
        prepare(settings("pictures_for_test_shared"), "builtin", tmp_path / "out", tmp_path / "raw")
    assert not (tmp_path / "out").exists()


def test_copies_on_both_sides_of_a_cut_are_said(tmp_path: Path, caplog) -> None:
    data = settings("pictures_for_test_copies")
    prepare(data, "builtin", tmp_path / "out", tmp_path / "raw")
    note, *_ = notes = json.loads((tmp_path / "out" / "source.json").read_text())["notes"]
    assert set(notes) <= set(caplog.messages)
    reds = [set(load(tmp_path / "out", data).arrays(split)[0][:, 0, 0, 0]) for split in SPLITS]
    assert f"{len(reds[0] & reds[1])} of the {len(reds[1])} different examples of valid" in note


def test_folders_named_as_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for first, (split, count) in enumerate({"train": 3, "validation": 2, "test": 1}.items()):
        draw(folder / split / "cat", count, first=10 * first)
        draw(folder / split / "dog", count, first=100 + 10 * first)
    assert prepared_reds(tmp_path, settings(folder)) == {
        "train": {"cat": {0, 1, 2}, "dog": {100, 101, 102}},
        "validation": {"cat": {10, 11}, "dog": {110, 111}},
        "test": {"cat": {20}, "dog": {120}},
    }


def test_three_images_of_a_class_are_enough(tmp_path: Path) -> None:
    draw(tmp_path / "few" / "a", 3)
    draw(tmp_path / "few" / "b", 3, first=50)
    reds = prepared_reds(tmp_path, settings(tmp_path / "few"))
    assert [len(reds[split]["a"]) for split in SPLITS] == [1, 1, 1]


def one_image(folder: Path) -> None:
    draw(folder / "bird", 1)


def one_class(folder: Path) -> None:
    shutil.rmtree(folder / "dog")


def empty_class(folder: Path) -> None:
    (folder / "eel").mkdir()


def train_alone(folder: Path) -> None:
    draw(folder / "train" / "cat", 1)


def unknown_class_in_test(folder: Path) -> None:
    for split, name in (("train", "cat"), ("validation", "cat"), ("test", "gnu")):
        draw(folder / split / name, 1)


def empty_split(folder: Path) -> None:
    for split in SPLITS:
        (folder / split).mkdir()


def damaged_image(folder: Path) -> None:
    (folder / "cat" / "00.png").write_bytes(b"\x89PNG\r\n\x1a\n")


def text_image(folder: Path) -> None:
    (folder / "cat" / "00.png").write_text("no image")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (one_image, r"class bird has 1 image\(s\): at least 3 are needed, to train, validate and"),
        (one_class, r"pictures holds 1 class: at least 2 are needed$"),
        (empty_class, r"pictures/eel holds no images$"),
        (train_alone, r"pictures has a folder train but none named validation, test$"),
        (unknown_class_in_test, r"pictures/train has no images of gnu$"),
        (empty_split, r"pictures/train should hold one folder of images per class, it holds none"),
        (damaged_image, r"pictures/cat/00\.png is "),
        (text_image, r"pictures/cat/00\.png is not an image: expected one of"),
    ],
)
def test_an_unusable_folder_is_refused_and_replaces_nothing(
    tmp_path: Path, pictures: Path, spoil: Callable[[Path], None], message: str
) -> None:
    out = tmp_path / "data" / "out"
    out.mkdir(parents=True)
    (out / "earlier").write_text("left alone")
    spoil(pictures)
    with pytest.raises(UserError, match=message):
        prepare(settings(pictures), "builtin", out, tmp_path / "raw")
    assert [path.relative_to(out.parent) for path in out.parent.rglob("*")] == [
        Path("out"),
        Path("out/earlier"),
    ]


def test_a_folder_without_classes_or_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty should hold one folder of images per class, it"):
        prepare(settings(tmp_path / "empty"), "builtin", tmp_path / "out", tmp_path / "raw")
    with pytest.raises(UserError, match=r"^classification\.dataset: absent is not a folder$"):
        prepare(settings("./absent"), "builtin", tmp_path / "out", tmp_path / "raw")


def test_what_was_prepared_before_is_replaced(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "out"
    (out / "old").mkdir(parents=True)
    prepare(settings(pictures), "builtin", out, tmp_path / "raw")
    assert not (out / "old").exists()
    assert load(out, settings(pictures)).counts == {"train": 21, "validation": 6, "test": 3}


class PicturesForTest(tfds.core.GeneratorBasedBuilder):
    """20 small images in each of its splits."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS = ("train", "validation", "test")
    FIRST: dict = {"train": 0, "validation": 100, "test": 200}  # noqa: RUF012
    FEATURES: dict = {  # noqa: RUF012
        "image": tfds.features.Image(shape=(SIDE, SIDE, 3)),
        "label": tfds.features.ClassLabel(names=["even", "odd"]),
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(self.FEATURES)
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in self.SPLITS}

    def _generate_examples(self, split):
        for number in range(20):
            image = np.full((SIDE, SIDE, 3), number + self.FIRST[split], np.uint8)
            yield number, {"image": image, "label": number % 2}


class PicturesForTestTrainOnly(PicturesForTest):
    SPLITS = ("train",)


class PicturesForTestNoValidation(PicturesForTest):
    SPLITS = ("train", "test")


class PicturesForTestShared(PicturesForTest):
    FIRST: dict = {"train": 0, "validation": 100, "test": 10}  # noqa: RUF012


class PicturesForTestCopies(PicturesForTestTrainOnly):
    def _generate_examples(self, split):
        for number, example in super()._generate_examples(split):
            yield number, example | {"image": example["image"] // 2}


class PicturesForTestTestOnly(PicturesForTest):
    SPLITS = ("test",)


class PicturesForTestNoLabel(PicturesForTest):
    FEATURES: dict = {"image": PicturesForTest.FEATURES["image"]}  # noqa: RUF012


class PicturesForTestNumberLabel(PicturesForTest):
    FEATURES: dict = PicturesForTest.FEATURES | {"label": np.int64}


class PicturesForTestTransparent(PicturesForTest):
    FEATURES: dict = PicturesForTest.FEATURES | {
        "image": tfds.features.Image(shape=(SIDE, SIDE, 4))
    }


class PicturesForTestFloats(PicturesForTest):
    FEATURES: dict = PicturesForTest.FEATURES | {
        "image": tfds.features.Tensor(shape=(SIDE, SIDE, 3), dtype=np.float32)
    }


class PicturesForTestByHand(PicturesForTest):
    MANUAL_DOWNLOAD_INSTRUCTIONS = "register\n    first"

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.manual_dir)}


class PicturesForTestOffline(PicturesForTest):
    def _split_generators(self, dl_manager):
        raise requests.ConnectionError("no route to host")


@pytest.mark.parametrize(
    ("name", "counts", "parts"),
    [
        ("pictures_for_test", [20, 20, 20], ["train", "validation", "test"]),
        (
            "pictures_for_test_no_validation",
            [16, 4, 20],
            ["train[:80%]", "train[80%:100%]", "test"],
        ),
        (
            "pictures_for_test_train_only",
            [14, 4, 2],
            ["train[:70%]", "train[70%:90%]", "train[90%:100%]"],
        ),
    ],
)
def test_a_tfds_data_set_keeps_its_splits_and_missing_ones_come_from_the_end_of_train(
    tmp_path: Path, name: str, counts: list[int], parts: list[str]
) -> None:
    prepare(settings(name), "builtin", tmp_path / "out", tmp_path / "raw")
    data = load(tmp_path / "out", settings(name))
    assert [data.counts[split] for split in SPLITS] == counts
    assert [data.splits[split] for split in SPLITS] == parts
    assert (data.labels, data.record["kind"]) == (("even", "odd"), "tfds")
    shares = [data.arrays(split)[0][:, 0, 0, 0].tolist() for split in SPLITS]
    from_train = [
        n for share, part in zip(shares, parts, strict=True) if "train" in part for n in share
    ]
    assert sorted(from_train) == list(range(20))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "no_such_pictures",
            r"no_such_pictures is neither signs, nor a folder, nor known to TFDS$",
        ),
        ("no such pictures", r"no such pictures is neither signs, nor a folder, nor known to"),
        ("pictures_for_test:9.0.0", r"pictures_for_test:9\.0\.0 is neither signs, nor a folder"),
        (
            "pictures_for_test_no_label",
            r"should have the features image and label, it has \['image'\]",
        ),
        ("pictures_for_test_number_label", r"should have the features image and label"),
        ("pictures_for_test_transparent", r"should have pictures of uint8 and 1 or 3 channels, it"),
        ("pictures_for_test_floats", r"should have pictures of uint8 and 1 or 3 channels, it has"),
        ("pictures_for_test_by_hand", r"is fetched by hand: Manual directory .*: register first$"),
        ("pictures_for_test_offline", r"could not be downloaded: no route to host$"),
    ],
)
def test_an_unusable_tfds_name_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare(settings(name), "builtin", tmp_path / "out", tmp_path / "raw")
    assert not (tmp_path / "out").exists()


def test_a_tfds_data_set_without_a_split_train_is_refused(tmp_path: Path) -> None:
    data = settings("pictures_for_test_test_only")
    prepare(data, "builtin", tmp_path / "out", tmp_path / "raw")
    with pytest.raises(UserError, match=r"out: a split train is needed, it has test$"):
        load(tmp_path / "out", data)


def test_a_system_changes_nothing_and_a_picture_behind_a_link_does(
    tmp_path: Path, pictures: Path
) -> None:
    out = tmp_path / "out"
    (pictures / "dog").rename(tmp_path / "store")
    (pictures / "dog").symlink_to(tmp_path / "store")
    prepare(settings(pictures), "auto", out, tmp_path / "raw")
    for name in (".DS_Store", "Thumbs.db", "cat/notes.pdf"):
        (pictures / name).write_bytes(b"x")
    assert not is_stale(str(pictures), out, "auto")
    Image.new("RGB", (SIDE, SIDE), "teal").save(tmp_path / "store" / "00.png")
    assert is_stale(str(pictures), out, "auto")


def test_a_folder_is_stale_once_one_of_its_files_changed(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "out"
    assert not is_stale(str(pictures), out, "auto"), "there is nothing yet"
    prepare(settings(pictures), "auto", out, tmp_path / "raw")
    assert not is_stale(str(pictures), out, "auto")
    (pictures / "cat" / "00.png").unlink()
    assert is_stale(str(pictures), out, "auto")
    assert not is_stale(str(tmp_path / "gone"), out, "auto"), "what stands there is all there is"


@pytest.mark.parametrize(
    ("source", "has_mirror", "stale"),
    [
        ("auto", True, True),
        ("real", True, True),
        ("builtin", True, False),
        ("auto", False, False),
    ],
)
def test_builtin_signs_are_stale_once_a_real_source_answers(
    drawn_signs: Path, tmp_path: Path, monkeypatch, source: str, has_mirror: bool, stale: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    unreachable = replace(ASSETS["signs"], archive=Archive(url))
    monkeypatch.setitem(ASSETS, "signs", unreachable)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    if has_mirror:
        (tmp_path / "signs.zip").write_bytes(b"")
    assert is_stale("signs", drawn_signs, source) is stale


def test_what_an_older_version_has_prepared_is_left_to_dvc(tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text('{"asset": "signs", "origin": "builtin"}')
    assert not is_stale("signs", tmp_path, "auto")


def test_a_tfds_data_set_is_never_stale(tmp_path: Path) -> None:
    prepare(settings("pictures_for_test"), "auto", tmp_path / "out", tmp_path / "raw")
    assert not is_stale("pictures_for_test", tmp_path / "out", "auto")
