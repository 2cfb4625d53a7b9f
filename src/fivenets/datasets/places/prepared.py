"""Reads a prepared set of pictures of at most one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.images import read_image
from fivenets.datasets.opening import opened, rows_of
from fivenets.datasets.settings import PlaceSettings
from fivenets.sources.origin import Origin


@dataclass(frozen=True)
class Example:
    """One picture, and where its object is."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    label: int  # -1: there is none, and the coordinates say nothing
    coordinates: np.ndarray  # (k,) fractions of the sides: x, y, width, height, or points' x, y


@dataclass(frozen=True)
class PlaceDataset:
    """A prepared set of pictures."""

    settings: PlaceSettings
    labels: tuple[str, ...]
    form: str  # of the coordinates: box or points
    record: dict[str, Any]  # source.json: an `Origin`, the classes and the form
    train: Sequence[Example]
    test: Sequence[Example]

    @property
    def origins(self) -> list[Origin]:
        """Where the pictures are from."""
        return [Origin.of(self.record)]


def load(folder: Path, settings: PlaceSettings) -> PlaceDataset:
    """Reads what `prepare` left in `folder`.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder, record = opened(folder, settings.train, settings.test)
    train, test = (
        [
            Example(read_image(row["image"]), int(row["label"]), row["coordinates"])
            for row in rows_of(builder, split)
        ]
        for split in (settings.train, settings.test)
    )
    return PlaceDataset(settings, tuple(record["classes"]), record["form"], record, train, test)
