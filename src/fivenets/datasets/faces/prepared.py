"""A prepared set of faces -> its pictures, people and split: nobody is in both parts."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets.classification.prepared import SOURCE_FILE, version_folder
from fivenets.datasets.settings import FaceSettings


@dataclasses.dataclass(frozen=True)
class Faces:
    """Face pictures (height, width, 3) uint8 of one part of a data set, and who is on each."""

    images: list[np.ndarray]
    people: np.ndarray  # (n,) text

    @property
    def labels(self) -> np.ndarray:
        """(n,) integers: the people in the order of their names."""
        return np.unique(self.people, return_inverse=True)[1]

    def only(self, mask: np.ndarray) -> "Faces":
        """Those where `mask` (n,) is true."""
        return Faces([self.images[row] for row in np.flatnonzero(mask)], self.people[mask])


def load(folder: Path, settings: FaceSettings) -> tuple[Faces, Faces, dict]:
    """(train, test, source.json) of a prepared set: nobody is in both.

    Args: settings: its `test_people` go to test; 0 means all of them do.
    """
    builder = tfds.builder_from_directory(version_folder(folder))
    examples = list(tfds.as_numpy(builder.as_dataset("train")))
    people = np.array([example["person"].decode() for example in examples])
    is_test = np.isin(people, _test_names(np.unique(people), settings))
    source = json.loads((folder / SOURCE_FILE).read_text())
    faces = Faces([example["image"] for example in examples], people)
    return faces.only(~is_test), faces.only(is_test), source


def _test_names(names: np.ndarray, settings: FaceSettings) -> np.ndarray:
    if settings.test_people == 0:
        return names
    if not 2 <= settings.test_people <= len(names) - 2:
        raise UserError(
            f"test_people should be 0 (all) or lie in 2..{len(names) - 2} for {len(names)} people, "
            f"it is {settings.test_people}"
        )
    order = np.random.default_rng(settings.split_seed).permutation(len(names))
    return names[order[: settings.test_people]]
