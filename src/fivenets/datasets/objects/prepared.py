"""Reads a prepared set of pictures and boxes; any TFDS set with image and objects/bbox will do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.images import read_image
from fivenets.datasets.classification.prepared import SOURCE_FILE, version_folder
from fivenets.datasets.settings import ObjectSettings
from fivenets.datasets.splits import check_apart

SMALLEST_SIDE = 1e-6  # of the picture's; what is narrower or lower has no area to find


@dataclass(frozen=True)
class Example:
    """One picture and its objects."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    boxes_xyxy: np.ndarray  # (n, 4) in parts of the picture, 0..1, each with an area
    classes: np.ndarray  # (n,) integers
    is_difficult: np.ndarray  # (n,) bool: neither finding nor missing these counts


class Examples(Sequence[Example]):
    """The examples of one split: read at the first use, each decoded whenever it is asked for."""

    def __init__(self, builder: tfds.core.DatasetBuilder, split: str):
        self._builder, self._split = builder, split

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        # The file's own bytes: what decodes a user's picture decodes these.
        decoders = {"image": tfds.decode.SkipDecoding()}
        return list(tfds.as_numpy(self._builder.as_dataset(self._split, decoders=decoders)))

    def __len__(self) -> int:
        return self._builder.info.splits[self._split].num_examples

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        row = self._rows[index]
        return Example(read_image(row["image"]), *objects_of(row))

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class ObjectDataset:
    """A prepared set of pictures."""

    settings: ObjectSettings
    labels: tuple[str, ...]
    source: dict[str, Any]  # source.json: an `Origin`, and how many examples
    train: Sequence[Example]
    test: Sequence[Example]


def load(folder: Path, settings: ObjectSettings) -> ObjectDataset:
    """Opens what `prepare` left in `folder`; pictures are read where they are asked for.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder = tfds.builder_from_directory(version_folder(folder))
    check_apart(builder, settings.train, settings.test)
    labels = tuple(builder.info.features["objects"].feature["label"].names)
    source = json.loads((folder / SOURCE_FILE).read_text())
    train, test = (Examples(builder, split) for split in (settings.train, settings.test))
    return ObjectDataset(settings, labels, source, train, test)


def objects_of(row: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """boxes_xyxy, classes, is_difficult of a row of TFDS, without the boxes that have no area."""
    objects = row["objects"]
    boxes_yxyx = objects["bbox"].reshape(-1, 4)
    # TFDS' COCO has crowds where its VOC has difficult objects: both are not to be counted.
    uncounted = objects.get("is_difficult", objects.get("is_crowd", np.zeros(len(boxes_yxyx))))
    kept = ~is_flat(boxes_yxyx)
    boxes_xyxy = boxes_yxyx[:, [1, 0, 3, 2]]
    return boxes_xyxy[kept], objects["label"].astype(int)[kept], uncounted.astype(bool)[kept]


def is_flat(boxes: np.ndarray) -> np.ndarray:
    """(n,) whether boxes (n, 4), low corner and high corner in parts of a picture, have no area."""
    corners = np.asarray(boxes, np.float32).reshape(-1, 4)  # in which TFDS keeps them
    return np.min(corners[:, 2:] - corners[:, :2], axis=1) <= SMALLEST_SIDE
