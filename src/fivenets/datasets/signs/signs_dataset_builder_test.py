"""TFDS' own checks of the builder; dummy_data/ was drawn by `drawn.signs`."""

from pathlib import Path
from typing import ClassVar

import pytest
import tensorflow_datasets as tfds

from fivenets.datasets.signs import signs_dataset_builder


class SignsTest(tfds.testing.DatasetBuilderTestCase):
    """`real` reads dummy_data, one picture of each sign a split; `builtin` draws as many."""

    DATASET_CLASS = signs_dataset_builder.Builder
    SPLITS: ClassVar = {"train": 6, "validation": 6, "test": 6}
    BUILDER_CONFIG_NAMES_TO_TEST: ClassVar = ["real", "builtin"]
    EXAMPLE_DIR = Path(__file__).parent / "dummy_data"

    @pytest.fixture(autouse=True)
    def one_picture_per_sign(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            signs_dataset_builder, "BUILTIN_PER_LABEL", dict.fromkeys(self.SPLITS, 1)
        )
