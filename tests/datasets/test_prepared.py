"""A prepared data set is read in a fixed order, at the network's size, as any picture is read."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.datasets.classification.prepared import DataSettings, ImageDataset, load
from fivenets.datasets.opening import version_folder


@pytest.fixture
def signs(drawn_signs: Path, signs_settings: DataSettings) -> ImageDataset:
    return load(drawn_signs, signs_settings)


def batches_of(data: ImageDataset, count: int, first_epoch: int = 0, seed: int = 0):
    """The first `count` training batches of 5, as (images, labels) arrays."""
    dataset = data.training_batches(5, seed, first_epoch)
    return list(dataset.take(count).as_numpy_iterator())


def are_equal(first: list, second: list) -> bool:
    return all(
        np.array_equal(image, other_image) and np.array_equal(label, other_label)
        for (image, label), (other_image, other_label) in zip(first, second, strict=True)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_size": 7}, r"^image_size should be at least 8, it is 7$"),
        ({"validation_fraction": 0.0}, r"^validation_fraction should be above 0, it is 0\.0$"),
        ({"test_fraction": -0.1}, r"^test_fraction should be above 0, it is -0\.1$"),
        (
            {"validation_fraction": 0.5, "test_fraction": 0.5},
            r"^validation_fraction should be below 1 together with test_fraction",
        ),
    ],
)
def test_impossible_settings_are_refused(signs_settings, changes: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        replace(signs_settings, **changes)


def test_load_knows_labels_counts_and_source(signs: ImageDataset) -> None:
    assert signs.labels == ("0", "1", "2", "3", "4", "5")
    assert signs.counts == {"train": 24, "validation": 12, "test": 6}
    assert signs.splits == {"train": "train", "validation": "validation", "test": "test"}
    assert signs.record["kind"] == "builtin"


def test_batches_are_bytes_and_one_hot_labels_of_the_whole_split(signs: ImageDataset) -> None:
    (first, first_labels), (rest, rest_labels) = signs.batches("validation", 8).as_numpy_iterator()
    assert (first.shape, rest.shape) == ((8, 64, 64, 3), (4, 64, 64, 3))
    assert first.dtype == np.uint8
    images_, labels = signs.arrays("validation")
    np.testing.assert_array_equal(np.concatenate([first, rest]), images_)
    np.testing.assert_array_equal(np.concatenate([first_labels, rest_labels]), np.eye(6)[labels])
    assert labels.dtype == np.int64


def test_an_epoch_shows_each_example_once_and_drops_the_short_last_batch(signs) -> None:
    _, labels = zip(*batches_of(signs, 4), strict=True)
    assert np.concatenate(labels).shape == (20, 6)
    shown = [image.tobytes() for batch, _ in batches_of(signs, 4) for image in batch]
    known = {image.tobytes() for image in signs.arrays("train")[0]}
    assert len(set(shown)) == 20
    assert set(shown) <= known


@pytest.mark.parametrize("first_epoch", [1, 3])
def test_first_epoch_skips_whole_epochs(signs: ImageDataset, first_epoch: int) -> None:
    steps = 24 // 5
    through = batches_of(signs, (first_epoch + 2) * steps)
    assert are_equal(batches_of(signs, 2 * steps, first_epoch), through[first_epoch * steps :])


def test_the_order_depends_on_the_seed_and_differs_between_epochs(signs: ImageDataset) -> None:
    epochs = batches_of(signs, 8)
    assert are_equal(epochs, batches_of(signs, 8))
    assert not are_equal(epochs, batches_of(signs, 8, seed=1))
    assert not are_equal(epochs[:4], epochs[4:])


@pytest.mark.parametrize("size", [64, 32, 100])
def test_images_are_resized_as_a_users_picture_is(
    drawn_signs: Path, signs: ImageDataset, signs_settings: DataSettings, size: int
) -> None:
    original, labels = signs.arrays("test")
    resized, same_labels = signs.at(size).arrays("test")
    prepared_so = load(drawn_signs, replace(signs_settings, image_size=size))
    assert signs.at(size) == prepared_so
    np.testing.assert_array_equal(resized, [images.resize(image, size) for image in original])
    np.testing.assert_array_equal(labels, same_labels)


def stored(folder: Path, splits: dict[str, np.ndarray], channels: int) -> Path:
    """Stores images (n, height, width, channels), labelled 0 and 1 in turn, as prepared data."""
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, channels)),
            "label": tfds.features.ClassLabel(num_classes=2),
        }
    )
    examples = {
        split: ((index, {"image": image, "label": index % 2}) for index, image in enumerate(stack))
        for split, stack in splits.items()
    }
    tfds.dataset_builders.store_as_tfds_dataset(
        name="stored", version="1.0.0", features=features, split_datasets=examples, data_dir=folder
    )
    (folder / "source.json").write_text(json.dumps({"origin": "folder"}))
    return folder


@pytest.mark.parametrize(("height", "width"), [(12, 12), (9, 20)], ids=["its size", "resized"])
@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_other_sizes_become_rgb_of_the_networks_size(
    tmp_path: Path, signs_settings: DataSettings, channels: int, height: int, width: int
) -> None:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (3, height, width, channels)).astype(np.uint8)
    stored(tmp_path, dict.fromkeys(("train", "validation", "test"), stack), channels)
    read, _ = load(tmp_path, replace(signs_settings, image_size=12)).arrays("train")
    rgb = np.broadcast_to(stack, (3, height, width, 3)).copy()
    expected = {images.resize(image, 12).tobytes() for image in rgb}
    assert {image.tobytes() for image in read} == expected
    assert read.shape == (3, 12, 12, 3)


def test_labels_without_names_are_numbers(tmp_path: Path, signs_settings: DataSettings) -> None:
    stack = np.zeros((10, 8, 8, 3), np.uint8)
    assert load(stored(tmp_path, {"train": stack}, 3), signs_settings).labels == ("0", "1")


def test_fractions_that_leave_a_split_empty_are_refused(tmp_path, signs_settings) -> None:
    folder = stored(tmp_path, {"train": np.zeros((10, 8, 8, 3), np.uint8)}, 3)
    with pytest.raises(UserError, match=r"no examples in test$"):
        load(folder, replace(signs_settings, test_fraction=0.01))


def test_a_folder_without_prepared_data_says_what_to_run(tmp_path: Path, signs_settings) -> None:
    with pytest.raises(UserError, match=r"holds no prepared data set: run `dvc repro` first$"):
        load(tmp_path, signs_settings)


def test_version_folder_is_where_tfds_keeps_the_files(drawn_signs: Path) -> None:
    assert version_folder(drawn_signs) == drawn_signs / "signs" / "builtin" / "1.0.0"
