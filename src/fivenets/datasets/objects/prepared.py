"""Reads a prepared set of pictures and boxes; any TFDS set with image and objects/bbox will do."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.classification.prepared import SOURCE_FILE, version_folder
from fivenets.datasets.settings import ObjectSettings


@dataclass(frozen=True)
class Example:
    """One picture and its objects."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    boxes_xyxy: np.ndarray  # (n, 4) in parts of the picture, 0..1
    classes: np.ndarray  # (n,) integers
    is_difficult: np.ndarray  # (n,) bool: neither finding nor missing these counts


@dataclass(frozen=True)
class ObjectDataset:
    """A prepared set of pictures, all of them in memory."""

    settings: ObjectSettings
    labels: tuple[str, ...]
    source: dict[str, Any]  # source.json: asset, origin, digest, licence, examples
    train: list[Example]
    test: list[Example]


def load(folder: Path, settings: ObjectSettings) -> ObjectDataset:
    """Opens what `prepare` left in `folder`.

    Raises: UserError where a split is not there or holds no objects.
    """
    builder = tfds.builder_from_directory(version_folder(folder))
    labels = tuple(builder.info.features["objects"].feature["label"].names)
    source = json.loads((folder / SOURCE_FILE).read_text())
    train, test = (_examples(builder, split) for split in (settings.train, settings.test))
    return ObjectDataset(settings, labels, source, train, test)


def _examples(builder: tfds.core.DatasetBuilder, split: str) -> list[Example]:
    try:
        # The file's own bytes: what decodes a user's picture decodes these.
        rows = list(tfds.as_numpy(_open(builder, split)))
    except (ValueError, KeyError, AssertionError) as error:
        known = ", ".join(builder.info.splits)
        raise UserError(f"split {split} cannot be read ({known} are there): {error}") from None
    examples = [_example(row) for row in rows]
    if not any(len(one.classes) for one in examples):
        raise UserError(f"split {split} has no objects to learn from or to find")
    return examples


def _open(builder: tfds.core.DatasetBuilder, split: str):
    return builder.as_dataset(split, decoders={"image": tfds.decode.SkipDecoding()})


def _example(row: dict[str, Any]) -> Example:
    objects = row["objects"]
    boxes_yxyx = objects["bbox"].reshape(-1, 4)
    # TFDS' COCO has crowds where its VOC has difficult objects: both are not to be counted.
    uncounted = objects.get("is_difficult", objects.get("is_crowd"))
    count = len(boxes_yxyx)
    return Example(
        read_image(row["image"]),
        boxes_yxyx[:, [1, 0, 3, 2]],
        objects["label"].astype(int),
        np.zeros(count, bool) if uncounted is None else uncounted.astype(bool),
    )
