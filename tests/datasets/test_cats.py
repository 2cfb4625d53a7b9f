"""The course's cats as a prepared data set, and without them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.classification import preparation, prepared
from fivenets.datasets.settings import DataSettings
from fivenets.sources.fetching import Fetched
from fivenets.sources.origin import Kind, Origin

SETTINGS = DataSettings(
    dataset="course_cats", image_size=32, validation_fraction=0.2, test_fraction=0.1, split_seed=0
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Ten pictures and four: those of cats are white."""
    for split, count in (("train", 10), ("test", 4)):
        labels = np.arange(count) % 2
        noise = np.random.default_rng(count).integers(0, 20, (count, 64, 64, 3))
        with h5py.File(tmp_path / f"{split}_catvnoncat.h5", "w") as stored:
            stored[f"{split}_set_x"] = (noise + 200 * labels[:, None, None, None]).astype(np.uint8)
            stored[f"{split}_set_y"] = labels
    return tmp_path


def test_they_become_splits_with_validation_cut_from_training(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Fetched(files, Origin("course_cats", Kind.MIRROR, "d", "course material"))
    monkeypatch.setattr(preparation, "fetch", lambda *_: found)
    preparation.prepare(SETTINGS, "auto", tmp_path / "cats", tmp_path / "raw")
    data = prepared.load(tmp_path / "cats", SETTINGS)
    assert data.labels == ("other", "cat")
    assert data.counts == {"train": 8, "validation": 2, "test": 4}
    images, labels = data.arrays("test")
    assert images.shape == (4, 32, 32, 3)
    assert (images.mean(axis=(1, 2, 3)) > 100).tolist() == labels.astype(bool).tolist()


def test_there_is_nothing_in_their_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="course_cats cannot be had"):
        preparation.prepare(SETTINGS, "builtin", tmp_path / "cats", tmp_path / "raw")
    assert not (tmp_path / "cats").exists()
