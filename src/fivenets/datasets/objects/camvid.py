"""CamVid's pictures of streets (Brostow et al. 2009), and boxes from their label pictures.

The split is SegNet's, by drive but for two: the second half of the drive at dusk (0001TP) is tested
on and its first half trained on, and validation is a piece of a drive that is trained on (0016E5).
The other drive that is tested on (Seq05VD) is seen in testing only. By SegNet's classes a bus and a
lorry are cars, and a motorcycle is with the bicyclists.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from fivenets.datasets.objects import components
from fivenets.datasets.objects.components import Shape
from fivenets.datasets.objects.voc import Annotated, Folder

SPLITS = {"train": "train", "validation": "val", "test": "test"}  # by their folders
SHAPES = {  # by the class of a pixel; limits set by eye on pictures that are trained on
    8: ("car", Shape(widest=2.1, narrowest=0.6, least_convex=0.83)),
    9: ("pedestrian", Shape(widest=0.8, narrowest=0.15, least_convex=0.6)),
    10: ("bicyclist", Shape(widest=1.6, narrowest=0.15, least_convex=0.6)),
}
REMARK = (
    "boxes are connected components of label pictures: those that the frame cuts, that are under "
    f"{components.SMALLEST_SIDE} pixels, or whose shape is of several things or of a part, count "
    "neither way"
)


def read(folder: Path) -> Folder:
    """The pictures of each split with a box for every car, pedestrian and bicyclist."""
    splits = {
        split: [_annotated(file) for file in sorted((folder / name).glob("*.jpg"))]
        for split, name in SPLITS.items()
    }
    return Folder(splits, [label for label, _ in SHAPES.values()], [REMARK])


def _annotated(file: Path) -> Annotated:
    classes = file.parent.with_name(f"{file.parent.name}annot") / f"{file.stem}.png"
    with Image.open(classes) as image:
        found = components.components_of(np.asarray(image), SHAPES)
        size = image.size
    parts = found.boxes_xyxy / np.array(size * 2)
    return Annotated(file, classes, found.labels, parts, found.is_ambiguous.tolist(), size)
