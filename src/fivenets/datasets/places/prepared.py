"""Reads a prepared set of pictures of at most one object."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core import params
from fivenets.core.images import read_image
from fivenets.datasets.opening import Prepared, opened, rows_of
from fivenets.datasets.settings import PlaceSettings


@dataclass(frozen=True)
class PlaceExample:
    """One picture, and where its object is."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    label: int  # -1: there is none, and the coordinates say nothing
    coordinates: np.ndarray  # (k,) fractions of the sides: x, y, width, height, or points' x, y


@dataclass(frozen=True)
class PlaceDataset(Prepared[PlaceExample]):
    """A prepared set of pictures of at most one object."""

    settings: PlaceSettings

    @property
    def form(self) -> str:
        """Of the coordinates: box or points."""
        return self.record["form"]


def of_section(section: str | None) -> PlaceDataset:
    """The prepared set of a section of params.yaml."""
    return load(Path("data", str(section)), params.settings(PlaceSettings, str(section)))


def load(folder: Path, settings: PlaceSettings) -> PlaceDataset:
    """Reads what `prepare` left in `folder`.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder, record = opened(folder, settings.train, settings.test)
    train, test = (
        [
            PlaceExample(read_image(row["image"]), int(row["label"]), row["coordinates"])
            for row in rows_of(builder, split)
        ]
        for split in (settings.train, settings.test)
    )
    return PlaceDataset(settings, tuple(record["classes"]), record, train, test)
