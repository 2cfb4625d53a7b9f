"""What the splits that will be used hold, looked at once, before anything is trained on them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.datasets.objects.lists import some
from fivenets.datasets.objects.prepared import ObjectSettings, is_flat, objects_of
from fivenets.datasets.opening import builder_in, rows_of
from fivenets.datasets.splits import check_apart


@dataclass
class Survey:
    """Counts over one split."""

    objects: Counter[int] = field(default_factory=Counter)  # by class, those that count
    uncounted: int = 0  # difficult ones and crowds
    flat: list[str] = field(default_factory=list)  # a sentence for each box without area
    pictures: dict[str, str] = field(default_factory=dict)  # names by content


def of(folder: Path, settings: ObjectSettings) -> tuple[list[str], list[str]]:
    """Sentences on the boxes that are not used, and remarks, on a prepared set in `folder`.

    Raises: UserError where a split is not there, where both have an example in common, and where
        one has nothing to learn from or to find.
    """
    builder = builder_in(folder)
    check_apart(builder, settings.train, settings.test)
    labels = builder.info.features["objects"].feature["label"].names
    train, test = (_of(builder, split, labels) for split in (settings.train, settings.test))
    for split, survey in ((settings.train, train), (settings.test, test)):
        if not survey.objects:
            raise UserError(
                f"split {split} has no objects to learn from or to find: expected boxes with an "
                f"area that are not marked difficult, {survey.uncounted} are and "
                f"{len(survey.flat)} have no area"
            )
    unseen = [
        f"{labels[index]} ({count})"
        for index, count in sorted(test.objects.items())
        if index not in train.objects
    ]
    remarks = [
        f"{some(unseen)}: to be found in {settings.test}, and nothing to learn from in "
        f"{settings.train}"
    ] * bool(unseen)
    if uncounted := train.uncounted + test.uncounted:
        remarks.append(f"{uncounted} objects marked difficult, or crowds, count neither way")
    if copies := [name for content, name in test.pictures.items() if content in train.pictures]:
        remarks.append(f"{some(copies)}: to be tested on, and the same picture is trained on")
    return train.flat + test.flat, remarks


def _of(builder: tfds.core.DatasetBuilder, split: str, labels: list[str]) -> Survey:
    survey = Survey()
    for name, row in _rows(builder, split):
        _, classes, is_difficult = objects_of(row)
        survey.objects.update(classes[~is_difficult].tolist())
        survey.uncounted += int(is_difficult.sum())
        boxes = row["objects"]["bbox"].reshape(-1, 4)
        for index in np.flatnonzero(is_flat(boxes)):
            top, left, bottom, right = (f"{side:.4g}" for side in boxes[index])
            label = labels[row["objects"]["label"][index]]
            box = f"[{left}, {top}, {right}, {bottom}]"
            survey.flat.append(f"{name}: the box {box} of a {label}, in 0..1, has no area")
        survey.pictures[sha256(row["image"])] = name
    return survey


def _rows(builder: tfds.core.DatasetBuilder, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of each picture, by its file where it is known, and its row; pictures as bytes."""
    for number, row in enumerate(rows_of(builder, split)):
        named = row.get("image/filename", f"picture {number} of {split}".encode())
        yield named.decode(errors="replace"), row
