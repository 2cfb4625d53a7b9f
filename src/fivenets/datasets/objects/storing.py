"""Pictures and their boxes -> a TFDS data set, and what cannot be stored of them."""

import io
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.core.images import FORMATS, read_image
from fivenets.datasets import storing
from fivenets.datasets.objects import voc
from fivenets.datasets.objects.frames import frame_of
from fivenets.datasets.objects.lists import some
from fivenets.datasets.objects.prepared import ObjectSettings, is_flat
from fivenets.datasets.splits import split_names

STORED_AS_THEY_ARE = ("JPEG", "PNG")  # what TFDS, too, can read


@dataclass
class Said:
    """What was left out, and what was assumed: a sentence each."""

    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def store(
    out: Path,
    labels: Sequence[str],
    splits: Mapping[str, Iterator[tuple[str | bytes, dict]]],
    more: Mapping[str, tfds.features.FeatureConnector] | None = None,
) -> None:
    """Writes splits of (key, example) as a TFDS data set below `out`; `more`: further features."""
    features = {
        **(more or {}),
        "image": tfds.features.Image(shape=(None, None, 3)),
        "image/filename": tfds.features.Text(),  # as TFDS' own sets have it
        "objects": tfds.features.Sequence(
            {
                "bbox": tfds.features.BBoxFeature(),
                "label": tfds.features.ClassLabel(names=list(labels)),
                "is_difficult": np.bool_,
            }
        ),
    }
    storing.store(out, "objects", features, splits)


def store_folder(found: voc.Folder, settings: ObjectSettings, out: Path, said: Said) -> None:
    """Writes a Pascal-VOC folder as a TFDS data set below `out`, adding to `said`.

    Raises: UserError where a picture is in a list to train on and in one to test on.
    """
    said.notes += found.remarks
    files = {split: [one.file for one in pictures] for split, pictures in found.splits.items()}
    for one, other in itertools.combinations(files, 2):
        if both := [file.name for file in files[one] if file in set(files[other])]:
            sentence = f"{some(both)}: in the lists of {one} and of {other}"
            used = split_names(settings.train), split_names(settings.test)
            if (one in used[0] and other in used[1]) or (other in used[0] and one in used[1]):
                raise UserError(f"{sentence}: expected none to be trained on and tested on")
            said.notes.append(sentence)
    splits = {name: _annotated(split, said) for name, split in found.splits.items()}
    store(out, found.labels, splits)


def _annotated(pictures: list[voc.Annotated], said: Said) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Examples of one split; adds a sentence to `said` for each box that cannot be used."""
    cut = []
    for one in pictures:
        objects = []
        for label, box, difficult in zip(one.labels, one.boxes_xyxy, one.is_difficult, strict=True):
            inside = np.clip(box, 0, 1)
            if is_flat(inside[None])[0]:
                said.left_out.append(_fault(one, label, box))
                continue
            objects.append(boxed(inside, label, difficult))
            # Up to a pixel is no news: one program's first pixel is 0, another's is 1.
            if (np.abs(inside - box) * (one.pixels * 2) > 1).any():
                cut.append(one.file.name)
        key = os.fsencode(one.file.name)
        name = key.decode(errors="backslashreplace")
        yield key, {"image": stored(one.file), "image/filename": name, "objects": objects}
    if cut:
        said.notes.append(f"{some(cut)}: a box reaches out of the picture: cut at its edges")


def _fault(one: voc.Annotated, label: str, box: np.ndarray) -> str:
    width, height = one.pixels
    pixels = [round(float(side), 2) for side in box * (one.pixels * 2)]
    is_outside = not is_flat(box[None])[0]
    fault = f"lies outside of its {width}x{height} pixels" if is_outside else "has no area"
    return f"{one.file.name}: the box {pixels} of a {label} {fault}"


def stored(file: Path) -> io.BytesIO:
    """The bytes of a picture that lies in them as it is shown, in a format that TFDS reads."""
    data = file.read_bytes()
    image_rgb_uint8 = read_image(data, str(file))
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        is_plain = image.format in STORED_AS_THEY_ARE and image.mode in ("RGB", "L")
    if is_plain and frame_of(file).orientation == 1:
        return io.BytesIO(data)
    as_shown = io.BytesIO()
    Image.fromarray(image_rgb_uint8).save(as_shown, "PNG")
    as_shown.seek(0)
    return as_shown


def boxed(box_xyxy: np.ndarray, label: str, is_difficult: bool) -> dict[str, Any]:
    """One of an example's objects; box_xyxy: (4,) in parts of the picture."""
    left, top, right, bottom = map(float, box_xyxy)
    box = tfds.features.BBox(ymin=top, xmin=left, ymax=bottom, xmax=right)
    return {"bbox": box, "label": label, "is_difficult": is_difficult}
