"""The course's cats and others: 209 pictures to train on, 50 to test with, of 64x64 pixels."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import tensorflow_datasets as tfds

from fivenets.datasets import storing

NAME = "course_cats"  # of the asset, and in params.yaml
LABELS = ["other", "cat"]


def store(folder: Path, out: Path) -> None:
    """Writes the files in `folder` below `out`; validation is cut from train when it is read."""
    features = {
        "image": tfds.features.Image(shape=(64, 64, 3), encoding_format="png"),
        "label": tfds.features.ClassLabel(names=LABELS),
    }
    storing.store(out, NAME, features, {key: _examples(folder, key) for key in ("train", "test")})


def _examples(folder: Path, split: str) -> Iterator[tuple[str, dict]]:
    with h5py.File(folder / f"{split}_catvnoncat.h5") as stored:
        pairs = zip(stored[f"{split}_set_x"], stored[f"{split}_set_y"], strict=True)
        for index, (image, label) in enumerate(pairs):
            yield f"{index:04d}", {"image": image, "label": int(label)}
