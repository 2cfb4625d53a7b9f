"""Reads a prepared set of pictures and masks; any TFDS set with both will do.

They are its features image and segmentation_mask. A mask is stored with the values it came with;
`source.json` says which value is which class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import params
from fivenets.core.images import read_image
from fivenets.datasets.opening import Examples, Prepared, opened
from fivenets.datasets.settings import MaskSettings
from fivenets.drawn.canvas import VOID

VALUES = 256  # that a pixel of a mask can have


@dataclass(frozen=True)
class MaskExample:
    """One picture, and the class of each of its pixels."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    mask: np.ndarray  # (height, width) uint8: an index into the labels, or VOID


@dataclass(frozen=True)
class MaskDataset(Prepared[MaskExample]):
    """A prepared set of pictures with masks."""

    settings: MaskSettings


def of_section(section: str | None) -> MaskDataset:
    """The prepared set of a section of params.yaml."""
    return load(Path("data", str(section)), params.settings(MaskSettings, str(section)))


def load(folder: Path, settings: MaskSettings) -> MaskDataset:
    """Opens what `prepare` left in `folder`; pictures are read where they are asked for.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder, record = opened(folder, settings.train, settings.test)
    classes = {int(value): name for value, name in record["classes"].items()}
    place = index_of(classes)

    def example(row: Mapping[str, Any]) -> MaskExample:
        return MaskExample(read_image(row["image"]), place[mask_of(row)])

    train, test = (Examples(builder, split, example) for split in (settings.train, settings.test))
    return MaskDataset(settings, tuple(classes.values()), record, train, test)


def mask_of(row: Mapping[str, Any]) -> np.ndarray:
    """The mask (height, width) of a row of TFDS, as it came."""
    return row["segmentation_mask"][..., 0]


def index_of(classes: Mapping[int, str]) -> np.ndarray:
    """(256,) uint8: the index of each value of a mask among the classes, or VOID."""
    table = np.full(VALUES, VOID, np.uint8)
    table[list(classes)] = np.arange(len(classes))
    return table
