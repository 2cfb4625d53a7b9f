"""Reads a prepared set of pictures and masks; any TFDS set with both will do.

They are its features image and segmentation_mask. A mask is stored with the values it came with;
`source.json` says which value is which class.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.images import read_image
from fivenets.datasets.classification.prepared import SOURCE_FILE, version_folder
from fivenets.datasets.objects.prepared import rows_of
from fivenets.datasets.settings import MaskSettings
from fivenets.datasets.splits import check_apart
from fivenets.drawn.canvas import VOID
from fivenets.sources.origin import Origin

VALUES = 256  # that a pixel of a mask can have


@dataclass(frozen=True)
class Example:
    """One picture, and the class of each of its pixels."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    mask: np.ndarray  # (height, width) uint8: an index into the labels, or VOID


class Examples(Sequence[Example]):
    """The examples of one split: read at the first use, each decoded whenever it is asked for."""

    def __init__(self, builder: tfds.core.DatasetBuilder, split: str, index_of: np.ndarray):
        self._builder, self._split, self._index_of = builder, split, index_of

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return list(rows_of(self._builder, self._split))

    def __len__(self) -> int:
        return self._builder.info.splits[self._split].num_examples

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        row = self._rows[index]
        return Example(read_image(row["image"]), self._index_of[mask_of(row)])

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class MaskDataset:
    """A prepared set of pictures."""

    settings: MaskSettings
    labels: tuple[str, ...]
    record: dict[str, Any]  # source.json: an `Origin`, the classes, and how many examples
    train: Sequence[Example]
    test: Sequence[Example]

    @property
    def origins(self) -> list[Origin]:
        """Where the pictures are from."""
        return [Origin.of(self.record)]


def load(folder: Path, settings: MaskSettings) -> MaskDataset:
    """Opens what `prepare` left in `folder`; pictures are read where they are asked for.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder = tfds.builder_from_directory(version_folder(folder))
    check_apart(builder, settings.train, settings.test)
    record = json.loads((folder / SOURCE_FILE).read_text())
    classes = {int(value): name for value, name in record["classes"].items()}
    train, test = (
        Examples(builder, split, index_of(classes)) for split in (settings.train, settings.test)
    )
    return MaskDataset(settings, tuple(classes.values()), record, train, test)


def mask_of(row: Mapping[str, Any]) -> np.ndarray:
    """The mask (height, width) of a row of TFDS, as it came."""
    return row["segmentation_mask"][..., 0]


def index_of(classes: Mapping[int, str]) -> np.ndarray:
    """(256,) uint8: the index of each value of a mask among the classes, or VOID."""
    table = np.full(VALUES, VOID, np.uint8)
    table[list(classes)] = np.arange(len(classes))
    return table
