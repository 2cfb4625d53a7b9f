"""Reads a prepared image-classification data set as batches for Keras."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from fivenets.core import images, params
from fivenets.core.digests import sha256, tree_sha256
from fivenets.core.errors import UserError
from fivenets.datasets.opening import builder_in, record_in, version_folder
from fivenets.datasets.settings import DataSettings
from fivenets.sources.origin import Origin, all_of

CACHE_BYTES = 2 * 1024**3  # decoded images up to this many bytes are kept in memory
WITHOUT_IMAGES = {"image": tfds.decode.SkipDecoding()}
# Splits of what belongs to no class, which stand beside those of examples.
OTHERS = {split: f"others_{split}" for split in ("train", "validation", "test")}
SHUFFLE_BUFFER = 10_000  # examples


@dataclass(frozen=True)
class ImageDataset:
    """A prepared data set whose images are (image_size, image_size, 3) uint8 RGB."""

    folder: Path
    settings: DataSettings
    labels: tuple[str, ...]
    record: dict[str, Any]  # source.json: an `Origin`, and how many examples
    splits: dict[str, str]  # train | validation | test -> TFDS split expression
    counts: dict[str, int]

    @property
    def origins(self) -> list[Origin]:
        """Where the examples are from."""
        return all_of(self.record.get("sources", [self.record]))

    @property
    def has_others(self) -> bool:
        """Whether there are pictures of what belongs to no class."""
        return OTHERS["test"] in self.splits

    @property
    def outputs(self) -> int:
        """How many classes a network has to tell apart: the labels, and what is none of them."""
        return len(self.labels) + self.has_others

    @property
    def image_size(self) -> int:
        """Pixels at each side."""
        return self.settings.image_size

    @cached_property
    def _builder(self) -> tfds.core.DatasetBuilder:
        return builder_in(self.folder)

    def at(self, image_size: int) -> "ImageDataset":
        """The same, of so many pixels at each side."""
        settings = dataclasses.replace(self.settings, image_size=image_size)
        return dataclasses.replace(self, settings=settings)

    def digest(self) -> str:
        """SHA-256 of the stored examples, and of which of them each split has."""
        stored = tree_sha256(version_folder(self.folder))
        return sha256(json.dumps([stored, self.record["digest"], self.splits]).encode())

    def all_to_train_on(self) -> "ImageDataset":
        """The same, with the examples of validation among those of train, and no validation."""
        splits, counts = dict(self.splits), dict(self.counts)
        splits["train"] += "+" + splits.pop("validation")
        counts["train"] += counts.pop("validation")
        return dataclasses.replace(self, splits=splits, counts=counts)

    def with_arrays(self, arrays: dict[str, tuple[np.ndarray, np.ndarray]]) -> "InMemory":
        """These examples in place of its own: images (n, ...) and labels (n,) of some splits."""
        kept: dict[str, Any] = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        kept["splits"] = {split: self.splits[split] for split in arrays}
        kept["counts"] = {split: len(labels) for split, (_, labels) in arrays.items()}
        kept["computed"] = arrays
        return InMemory(**kept)

    def examples(self, split: str) -> tf.data.Dataset:
        """(image, label) pairs of one split, in a fixed order."""
        pairs = self._builder.as_dataset(self.splits[split], as_supervised=False)
        return pairs.map(self._resized, num_parallel_calls=tf.data.AUTOTUNE)

    def training_batches(self, batch_size: int, seed: int, first_epoch: int = 0) -> tf.data.Dataset:
        """Endless shuffled batches, labels one-hot; an epoch's short last batch is dropped.

        A run resumed at `first_epoch` sees what an uninterrupted one would: the order depends on
        the seed alone, and earlier epochs are skipped (read, but not trained on).
        """
        one_hot = self._again_and_again("train").map(self._one_hot)
        # Files are read in turns, so that of a larger set an epoch begins with more pictures of no
        # class (docs/decisions/0012): shuffled as a whole, it validated no better.
        shuffled = one_hot.shuffle(min(self.counts["train"], SHUFFLE_BUFFER), seed)
        batches = shuffled.batch(batch_size, drop_remainder=True).repeat()
        steps_per_epoch = self.counts["train"] // batch_size
        return batches.skip(first_epoch * steps_per_epoch).prefetch(tf.data.AUTOTUNE)

    def batches(self, split: str, batch_size: int = 128) -> tf.data.Dataset:
        """All batches of one split, labels one-hot, in a fixed order."""
        one_hot = self._again_and_again(split).map(self._one_hot)
        return one_hot.batch(batch_size).prefetch(tf.data.AUTOTUNE)

    def arrays(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """One whole split: images (n, size, size, 3) uint8 and labels (n,) int64."""
        pairs = list(self.examples(split).as_numpy_iterator())
        return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs])

    def column(self, split: str, name: str) -> np.ndarray:
        """What one split's examples say under `name`, as text (n,); all "" where they do not."""
        if name not in self._builder.info.features:
            return np.full(self.counts[split], "")
        rows = self._builder.as_dataset(self.splits[split], decoders=WITHOUT_IMAGES)
        return np.array([row[name].decode() for row in rows.as_numpy_iterator()])

    def _again_and_again(self, split: str) -> tf.data.Dataset:
        """`examples`, decoded once where they fit into memory."""
        pairs = self.examples(split)
        return pairs.cache() if self._is_cached(split) else pairs

    def _is_cached(self, split: str) -> bool:
        return self.counts[split] * self.image_size**2 * 3 <= CACHE_BYTES

    def _one_hot(self, image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Of label -1, which is of no class, the last one of `outputs`.
        return image, tf.one_hot(tf.math.floormod(label, self.outputs), self.outputs)

    def _resized(self, example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        image, side = example["image"], self.image_size
        if image.shape != (side, side, 3):
            image = tf.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
            image = tf.numpy_function(lambda array: images.resize(array, side), [image], tf.uint8)
            image = tf.ensure_shape(image, (side, side, 3))
        return image, example["label"]


@dataclass(frozen=True)
class InMemory(ImageDataset):
    """A data set whose examples were chosen, or computed as a network's features are."""

    computed: dict[str, tuple[np.ndarray, np.ndarray]]

    def examples(self, split: str) -> tf.data.Dataset:
        """(image or features, label) pairs of one split."""
        return tf.data.Dataset.from_tensor_slices(self.computed[split])


def of_section(section: str | None) -> ImageDataset:
    """The prepared set of a section of params.yaml."""
    return load(Path("data", str(section)), params.settings(DataSettings, str(section)))


def load(folder: Path, settings: DataSettings) -> ImageDataset:
    """Opens the data set that `prepare` left in `folder`.

    Where it has no validation or test split, the fractions are taken from the end of train.
    """
    builder = builder_in(folder)
    available = builder.info.splits
    if "train" not in available:
        raise UserError(f"{folder}: a split train is needed, it has {', '.join(available)}")
    splits = split_expressions(list(available), settings)
    splits |= {others: others for others in OTHERS.values() if others in available}
    if OTHERS["train"] in available:
        splits["train"] += f"+{splits.pop(OTHERS['train'])}"
    counts = {split: available[expression].num_examples for split, expression in splits.items()}
    empty = [split for split, count in counts.items() if count == 0]
    if empty:
        raise UserError(f"{folder}: no examples in {', '.join(empty)}")
    record = record_in(folder)
    labels = tuple(builder.info.features["label"].names)
    return ImageDataset(folder, settings, labels, record, splits, counts)


def split_expressions(available: Sequence[str], settings: DataSettings) -> dict[str, str]:
    """The TFDS expression of each split; validation and test are cut from train where missing."""
    splits, kept = {split: split for split in ("validation", "test") if split in available}, 100
    fractions = {"test": settings.test_fraction, "validation": settings.validation_fraction}
    for split, fraction in fractions.items():
        if split not in splits:
            start = kept - max(1, round(100 * fraction))
            splits[split], kept = f"train[{start}%:{kept}%]", start
    splits["train"] = "train" if kept == 100 else f"train[:{kept}%]"
    return {split: splits[split] for split in ("train", "validation", "test")}
