"""Folders of pictures and masks, drawn streets, CamVid, TFDS' sets, and what is wrong with some."""

import json
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.datasets.classification.preparation import is_stale
from fivenets.datasets.masks import preparation
from fivenets.datasets.masks.folder import read_mask
from fivenets.datasets.masks.prepared import MaskDataset, load
from fivenets.datasets.settings import MaskSettings
from fivenets.drawn.canvas import VOID
from fivenets.drawn.scenes import HEIGHT, WIDTH, render_scenes
from fivenets.drawn.street import CLASSES, PIXEL_CLASSES
from fivenets.sources.origin import Kind, Origin

SPLITS = ("train", "test")


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 30, 3), np.uint8))


def halves(left: int, right: int) -> np.ndarray:
    mask = np.full((20, 30), left, np.uint8)
    mask[:, 15:] = right
    return mask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures to train on and one to test; values 0, 1 and, without a name, 7."""
    root = tmp_path / "parts"
    for number, (split, name) in enumerate([("train", "a"), ("train", "b"), ("test", "c")]):
        for part in ("images", "masks"):
            (root / part / split).mkdir(parents=True, exist_ok=True)
        picture(number).save(root / "images" / split / f"{name}.jpg")
        mask = Image.fromarray(halves(0, 7 if name == "b" else 1))
        mask.save(root / "masks" / split / f"{name}.png")
    (root / "classes.txt").write_text("ground\npart\n")
    return root


def settings(dataset: object, **more: Any) -> MaskSettings:
    given: dict[str, Any] = {"dataset": str(dataset), "train": "train", "test": "test"}
    return MaskSettings(**given | more)


def prepared(chosen: MaskSettings, tmp_path: Path, source: str = "auto") -> MaskDataset:
    preparation.prepare(chosen, source, tmp_path / "data", tmp_path / "raw")
    return load(tmp_path / "data", chosen)


def test_a_folder_becomes_pictures_with_the_class_of_each_pixel(folder, tmp_path, caplog) -> None:
    data = prepared(settings(folder), tmp_path)
    assert data.labels == ("ground", "part")
    assert (len(data.train), len(data.test)) == (2, 1)
    [c] = data.test
    assert np.array_equal(c.mask, halves(0, 1))
    expected = np.asarray(Image.open(folder / "images" / "test" / "c.jpg"))
    assert np.array_equal(c.image_rgb_uint8, expected)
    assert sorted(one.mask[0, -1] for one in data.train) == [1, VOID]
    assert "16.7% of the pixels are of no class (values 7)" in caplog.text
    assert data.origins[0].kind == Kind.FOLDER


def test_classes_may_be_named_by_value_and_others_are_void(folder, tmp_path) -> None:
    data = prepared(settings(folder, classes={7: "hole", 0: "ground"}), tmp_path)
    assert data.labels == ("ground", "hole")
    assert (data.test[0].mask[:, 15:] == VOID).all()
    assert {int(one.mask[0, -1]) for one in data.train} == {1, VOID}


def test_without_names_values_are_the_names_and_255_is_of_no_class(folder, tmp_path) -> None:
    (folder / "classes.txt").unlink()
    Image.fromarray(halves(255, 1)).save(folder / "masks" / "test" / "c.png")
    data = prepared(settings(folder), tmp_path)
    assert data.labels == ("class 0", "class 1", "class 7")
    assert np.array_equal(data.test[0].mask, halves(VOID, 1))


def grey_png(bits: int, values: np.ndarray) -> bytes:
    """A picture whose pixels have so many bits, which Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    height, width = values.shape
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    in_bits = np.unpackbits(values[..., None], axis=2)[..., -bits:].reshape(height, -1)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in in_bits)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_values_of_few_bits_are_not_spread(tmp_path: Path, bits: int) -> None:
    values = (np.arange(30).reshape(3, 10) % 2**bits).astype(np.uint8)
    (tmp_path / "mask.png").write_bytes(grey_png(bits, values))
    assert np.array_equal(read_mask(tmp_path / "mask.png"), values)


def test_zero_as_white_is_refused(tmp_path: Path) -> None:
    Image.fromarray(halves(0, 1)).save(tmp_path / "mask.tiff", tiffinfo={262: 0})
    with pytest.raises(UserError, match="is stored with 0 as white"):
        read_mask(tmp_path / "mask.tiff")


@pytest.mark.parametrize(("orientation", "is_refused"), [(1, False), (3, True), (6, True)])
def test_a_square_picture_that_a_tag_turns_has_no_sure_mask(
    folder: Path, tmp_path: Path, orientation: int, is_refused: bool
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture(0).resize((20, 20)).save(folder / "images" / "test" / "c.jpg", exif=exif)
    Image.fromarray(halves(0, 1)[:, :20]).save(folder / "masks" / "test" / "c.png")
    if not is_refused:
        prepared(settings(folder), tmp_path)
        return
    with pytest.raises(UserError, match=r"c.jpg is turned or mirrored by an EXIF tag"):
        prepared(settings(folder), tmp_path)


def test_a_palette_keeps_its_numbers_and_not_its_colours(folder, tmp_path) -> None:
    mask = Image.fromarray(halves(0, 1)).convert("P")
    mask.putpalette([200, 10, 10, 10, 10, 200])
    mask.save(folder / "masks" / "test" / "c.png")
    assert np.array_equal(prepared(settings(folder), tmp_path).test[0].mask, halves(0, 1))


def test_without_splits_all_pictures_are_train_to_be_cut_up(tmp_path) -> None:
    for part in ("images", "masks"):
        (tmp_path / "flat" / part / "monday").mkdir(parents=True)
    for number in range(10):
        picture(number).save(tmp_path / "flat" / "images" / "monday" / f"{number}.png")
        Image.fromarray(halves(0, 1)).save(tmp_path / f"flat/masks/monday/{number}.png")
    chosen = settings(tmp_path / "flat", train="train[:70%]", test="train[70%:]")
    data = prepared(chosen, tmp_path)
    assert (len(data.train), len(data.test)) == (7, 3)


def of_another_reader(root: Path) -> None:
    Image.fromarray(halves(0, 1)).save(root / "masks/test/c.png", "PCX")


def no_masks(root: Path) -> None:
    for file in (root / "masks").rglob("*.png"):
        file.unlink()


def lossy(root: Path) -> None:
    (root / "masks/test/c.png").unlink()
    Image.fromarray(halves(0, 1)).save(root / "masks/test/c.jpg")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda root: (root / "images").rename(root / "pictures"), "images should be a folder"),
        (no_masks, "masks holds no pictures"),
        (lambda root: (root / "masks/train/a.png").unlink(), "masks has no picture of the name of"),
        (lambda root: (root / "images/train/a.jpg").unlink(), "images has no picture of the name"),
        (
            lambda root: picture(9).save(root / "images/train/a.png"),
            "should not have the same name",
        ),
        (lambda root: picture(9).save(root / "masks/test/c.png"), "8-bit grey or palette picture"),
        (of_another_reader, "c.png is a damaged mask: cannot identify image file"),
        (lossy, "is a JPEG, which changes values: expected a mask as PNG"),
        (
            lambda root: Image.fromarray(halves(0, 1)[:10]).save(root / "masks/test/c.png"),
            "is 30x10 pixels, its picture 30x20",
        ),
        (lambda root: (root / "masks/test/c.png").write_bytes(b"no"), "c.png is a damaged mask"),
        (
            lambda root: (root / "classes.txt").write_text("a\na\n"),
            "different classes, it has a tw",
        ),
        (lambda root: (root / "classes.txt").write_text("a\n"), "should show 2 classes or more"),
        (
            lambda root: Image.fromarray(halves(9, 7)).save(root / "masks/test/c.png"),
            "test should show a class to score on: its masks have the values 7, 9, classes 0, 1",
        ),
        (
            lambda root: (root / "classes.txt").write_bytes(b"\xff\xfe\x00"),
            "a text of names in UTF",
        ),
    ],
)
def test_a_wrong_folder_is_one_sentence_and_loses_nothing(
    folder: Path, tmp_path: Path, spoil: Any, sentence: str
) -> None:
    prepared(settings(folder), tmp_path)
    before = (tmp_path / "data" / "source.json").read_bytes()
    spoil(folder)
    with pytest.raises(UserError, match=sentence) as error:
        prepared(settings(folder), tmp_path)
    assert "\n" not in str(error.value)
    assert (tmp_path / "data" / "source.json").read_bytes() == before


def test_a_picture_in_both_splits_and_a_class_that_is_not_shown_are_said(folder, tmp_path, caplog):
    (folder / "classes.txt").write_text("ground\npart\nwheel\n")
    copy = (folder / "images/train/a.jpg").read_bytes()
    (folder / "images/test/c.jpg").write_bytes(copy)
    prepared(settings(folder), tmp_path)
    notes = json.loads((tmp_path / "data" / "source.json").read_text())["notes"]
    assert "wheel: in no picture of train, not to be learned" in notes
    assert any("1 of the 1 different examples of test are in train as well" in one for one in notes)
    assert all(note in caplog.text for note in notes)


@pytest.fixture
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 3, "validation": 1, "test": 2})


@pytest.mark.usefixtures("few_scenes")
def test_drawn_streets_take_camvids_place_where_it_cannot_be_had(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(preparation, "fetch", lambda *_: None)
    data = prepared(settings("camvid"), tmp_path)
    assert "camvid: no real source was asked for or answered: drawn streets in" in caplog.text
    assert data.labels == PIXEL_CLASSES
    assert data.origins[0].is_drawn
    assert (len(data.train), len(data.test)) == (3, 2)
    assert data.train[0].mask.shape == (HEIGHT, WIDTH)
    for is_there in (False, True):  # a mirror that appears is noticed by the next `make`
        monkeypatch.setattr(
            "fivenets.datasets.classification.preparation.answers", lambda _, there=is_there: there
        )
        assert is_stale("camvid", tmp_path / "data", "auto") == is_there
        assert not is_stale("camvid", tmp_path / "data", "builtin")


@pytest.mark.usefixtures("few_scenes")
def test_a_folder_named_like_a_known_set_does_not_hide_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    assert prepared(settings("scenes"), tmp_path).origins[0].kind is Kind.BUILTIN


@pytest.mark.usefixtures("few_scenes")
@pytest.mark.parametrize(
    ("dataset", "source", "sentence"),
    [
        ("scenes", "real", "scenes are drawn, and data.source is real"),
        ("oxford_iiit_pet", "builtin", "would have to be fetched, and data.source is builtin"),
        ("no_such_set", "auto", "neither camvid, scenes, nor a folder, nor known to TFDS"),
        ("mnist", "auto", r"image \(colour\) and segmentation_mask .* it has image, label"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(dataset, source, sentence, tmp_path) -> None:
    with pytest.raises(UserError, match=sentence):
        prepared(settings(dataset), tmp_path, source)
    assert not (tmp_path / "data").exists()


def test_camvids_splits_are_its_own_and_11_is_of_no_class(tmp_path, monkeypatch) -> None:
    camvid = tmp_path / "camvid"
    for number, split in enumerate(("train", "val", "test")):
        for part in (split, f"{split}annot"):
            (camvid / part).mkdir(parents=True)
        picture(number).save(camvid / split / "x.jpg")
        Image.fromarray(halves(number, 11 if split == "test" else 8)).save(
            camvid / f"{split}annot" / "x.png"
        )
    found = SimpleNamespace(folder=camvid, origin=Origin("camvid", Kind.MIRROR, "d", "l"))
    monkeypatch.setattr(preparation, "fetch", lambda *_: found)
    data = prepared(settings("camvid"), tmp_path)
    assert len(data.labels) == 11
    assert [data.labels[index] for index in np.unique(data.train[0].mask)] == ["sky", "car"]
    assert np.array_equal(data.test[0].mask, halves(2, VOID))


def test_a_set_of_tfds_keeps_its_values_and_names(tmp_path, monkeypatch) -> None:
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "segmentation_mask": tfds.features.Image(shape=(None, None, 1)),
        }
    )

    def example(number: int) -> dict:
        mask = halves(1, 2)[..., None]
        return {"image": np.asarray(picture(number)), "segmentation_mask": mask}

    def builder(name: str, data_dir: Path) -> Any:
        tfds.dataset_builders.store_as_tfds_dataset(
            name="pets",
            version="1.0.0",
            features=features,
            split_datasets={split: [(0, example(at))] for at, split in enumerate(SPLITS)},
            data_dir=data_dir,
        )
        return tfds.builder("pets", data_dir=data_dir)

    monkeypatch.setattr(preparation, "tfds_builder", lambda name, out, _: builder(name, out))
    data = prepared(settings("pets", classes={1: "pet", 2: "ground"}), tmp_path)
    assert data.labels == ("pet", "ground")
    assert np.array_equal(data.test[0].mask, halves(0, 1))


def test_drawn_masks_agree_with_drawn_boxes() -> None:
    inside, outside = [], []
    for scene in render_scenes(12, seed=1):
        mask = scene.mask
        assert set(np.unique(mask)) <= {*range(len(PIXEL_CLASSES)), VOID}
        covered = np.zeros(mask.shape, bool)
        for (left, top, right, bottom), label in zip(scene.boxes_xyxy, scene.classes, strict=True):
            box = np.s_[int(top) : int(np.ceil(bottom)) + 1, int(left) : int(np.ceil(right)) + 1]
            covered[box] = True
            inside.append((mask[box] == PIXEL_CLASSES.index(CLASSES[label])).mean())
        outside.append(
            np.isin(mask[~covered], [PIXEL_CLASSES.index(one) for one in CLASSES]).mean()
        )
    assert min(inside) > 0.02  # nearly hidden ones too
    assert np.median(inside) > 0.3
    assert max(outside) == 0  # no pixel of an object lies out of its box


def test_a_class_shows_in_its_colours_of_the_street() -> None:
    """Roads are grey and grass is green, where they are not hidden."""
    green, grey = [], []
    for scene in render_scenes(12, seed=2):
        red, leaf, blue = np.moveaxis(scene.image_rgb_uint8.astype(float), -1, 0)
        for name, found in (("tree", green), ("road", grey)):
            where = scene.mask == PIXEL_CLASSES.index(name)
            if where.sum() > 500:
                found.append((leaf - (red + blue) / 2)[where].mean())
    assert np.mean(green) > np.mean(grey) + 5
