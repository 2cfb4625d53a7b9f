"""TFDS' own checks of the builder; dummy_data/ was drawn by `render`."""

from pathlib import Path
from typing import ClassVar

import pytest
import tensorflow_datasets as tfds

from fivenets.datasets.faces import faces_dataset_builder


class FacesTest(tfds.testing.DatasetBuilderTestCase):
    """`folder` reads dummy_data, two pictures of each of two people; the others draw as many."""

    DATASET_CLASS = faces_dataset_builder.Builder
    SPLITS: ClassVar = {"train": 4}
    BUILDER_CONFIG_NAMES_TO_TEST: ClassVar = ["folder", "att_faces_drawn", "lfw10_drawn"]
    EXAMPLE_DIR = Path(__file__).parent / "dummy_data"

    @pytest.fixture(autouse=True)
    def two_people(self, monkeypatch: pytest.MonkeyPatch) -> None:
        people = {"att_faces": range(2), "lfw10": range(2, 4)}
        monkeypatch.setattr(faces_dataset_builder, "BUILTIN_PEOPLE", people)
        monkeypatch.setattr(faces_dataset_builder, "BUILTIN_PER_PERSON", 2)
