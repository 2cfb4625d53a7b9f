"""Reads a prepared set of pictures and boxes; any TFDS set with image and objects/bbox will do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import params
from fivenets.core.images import read_image
from fivenets.datasets.opening import Examples, Prepared, opened
from fivenets.datasets.settings import ObjectSettings
from fivenets.sources.origin import Origin

SMALLEST_SIDE = 1e-6  # of the picture's; what is narrower or lower has no area to find


@dataclass(frozen=True)
class ObjectExample:
    """One picture and its objects."""

    image_rgb_uint8: np.ndarray  # (height, width, 3)
    boxes_xyxy: np.ndarray  # (n, 4) in parts of the picture, 0..1, each with an area
    classes: np.ndarray  # (n,) integers
    is_difficult: np.ndarray  # (n,) bool: neither finding nor missing these counts
    source: str = ""  # of several data sets: the one that it is of


@dataclass(frozen=True)
class ObjectDataset(Prepared[ObjectExample]):
    """A prepared set of pictures with boxes."""

    settings: ObjectSettings

    @property
    def origin_of(self) -> dict[str, Origin]:
        """Where the pictures of each source are from; the source of a set by itself is ""."""
        if isinstance(self.settings.dataset, str):
            return {"": self.origins[0]}
        missing = self.record.get("left_out", ())
        names = [name for name in self.settings.weights if name not in missing]
        return dict(zip(names, self.origins, strict=True))


def of_section(section: str | None) -> ObjectDataset:
    """The prepared set of a section of params.yaml."""
    return load(Path("data", str(section)), params.settings(ObjectSettings, str(section)))


def load(folder: Path, settings: ObjectSettings) -> ObjectDataset:
    """Opens what `prepare` left in `folder`; pictures are read where they are asked for.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder, record = opened(folder, settings.train, settings.test)
    labels = tuple(builder.info.features["objects"].feature["label"].names)
    train, test = (Examples(builder, split, _example) for split in (settings.train, settings.test))
    return ObjectDataset(settings, labels, record, train, test)


def _example(row: dict[str, Any]) -> ObjectExample:
    source = row.get("source", b"").decode()
    return ObjectExample(read_image(row["image"]), *objects_of(row), source)


def objects_of(row: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """boxes_xyxy, classes, is_difficult of a row of TFDS, without the boxes that have no area."""
    objects = row["objects"]
    boxes_yxyx = objects["bbox"].reshape(-1, 4)
    # TFDS' COCO has crowds where its VOC has difficult objects: both are not to be counted.
    uncounted = objects.get("is_difficult", objects.get("is_crowd", np.zeros(len(boxes_yxyx))))
    kept = ~is_flat(boxes_yxyx)
    boxes_xyxy = boxes_yxyx[:, [1, 0, 3, 2]]
    return boxes_xyxy[kept], objects["label"].astype(int)[kept], uncounted.astype(bool)[kept]


def is_flat(boxes: np.ndarray) -> np.ndarray:
    """(n,) whether boxes (n, 4), low corner and high corner in parts of a picture, have no area."""
    corners = np.asarray(boxes, np.float32).reshape(-1, 4)  # in which TFDS keeps them
    return np.min(corners[:, 2:] - corners[:, :2], axis=1) <= SMALLEST_SIDE
