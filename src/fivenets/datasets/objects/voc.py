"""Pascal-VOC folders: JPEGImages, Annotations and, if there is one, ImageSets/Main."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core import images, listing
from fivenets.core.errors import UserError
from fivenets.datasets.objects import annotation, frames, lists
from fivenets.datasets.objects.annotation import Annotation
from fivenets.datasets.objects.lists import plain, some

# By their files in ImageSets/Main.
SPLITS = {"train": "train.txt", "validation": "val.txt", "test": "test.txt"}
TWINS = "other pictures have its name: it is the one that <filename> names"


@dataclass(frozen=True)
class Annotated:
    """A picture's file and its objects."""

    file: Path
    annotation: Path
    labels: list[str]
    boxes_xyxy: np.ndarray  # (n, 4) in parts of the picture as it is shown; may reach out of it
    is_difficult: list[bool]
    pixels: tuple[int, int]  # width and height of the picture as it is shown


@dataclass(frozen=True)
class Folder:
    """What a Pascal-VOC folder holds, and what had to be assumed to read it."""

    splits: dict[str, list[Annotated]]
    labels: list[str]
    remarks: list[str]  # each a sentence


def read(folder: Path) -> Folder:
    """train, validation and test where ImageSets/Main names them, else all pictures as train.

    Raises: UserError, one sentence, where the folder or a file in it is not of that form.
    """
    annotations = {
        name: file
        for name, files in _files(folder / "Annotations").items()
        for file in files
        if file.suffix.lower() == ".xml"
    }
    pictures = _files(folder / "JPEGImages")
    named, remarks = _named(folder, annotations)
    by_name, said = _annotated(folder, annotations, pictures, named)
    splits = {split: [by_name[name] for name in names] for split, names in named.items()}
    labels = sorted({label for one in by_name.values() for label in one.labels})
    if not labels:
        raise UserError(f"{folder} holds no annotated objects")
    remarks += [*said, *_left_over(annotations, pictures, named)]
    remarks += [f"the labels {listing.taken_apart(group)}" for group in listing.alike(labels)]
    return Folder(splits, labels, remarks)


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files below `folder`, by their path in it without ending; those hidden do not count."""
    found = defaultdict(list)
    for file in listing.everything(folder).files if os.path.isdir(folder) else []:
        found[plain(file.relative_to(folder).with_suffix("").as_posix())].append(file)
    return dict(found)


def _lists(folder: Path) -> dict[str, Path]:
    """The list of each split that there is, whatever the case of its name; trainval.txt is of train
    where there is no train.txt."""
    place = folder / "ImageSets/Main"
    beside = sorted(place.glob("*")) if os.path.isdir(place) else []
    files = {file.name.lower(): file for file in beside if file.is_file()}
    found = {split: files[name] for split, name in SPLITS.items() if name in files}
    if "train" not in found and "trainval.txt" in files:
        found["train"] = files["trainval.txt"]
    return {split: found[split] for split in SPLITS if split in found}


def _named(folder: Path, annotations: Mapping[str, Path]) -> tuple[dict[str, list[str]], list[str]]:
    """Names of pictures by split, and remarks."""
    named, remarks = {}, []
    for split, file in _lists(folder).items():
        named[split], said = lists.read(file, annotations)
        remarks += said
        if not named[split] and split != "train":
            del named[split]
            remarks.append(f"{file.name} is empty: there is no split {split}")
    if "train" in named and not named["train"]:
        raise UserError(f"{_lists(folder)['train']} is empty: expected a picture's name a line")
    if not named and annotations:
        return {"train": list(annotations)}, remarks
    if "train" not in named:
        raise UserError(
            f"{folder} is not a Pascal-VOC folder: expected JPEGImages, Annotations/*.xml and, for "
            "splits, ImageSets/Main/train.txt or trainval.txt"
        )
    return named, remarks


def _annotated(
    folder: Path,
    annotations: Mapping[str, Path],
    pictures: Mapping[str, list[Path]],
    named: Mapping[str, list[str]],
) -> tuple[dict[str, Annotated], list[str]]:
    """Every picture that a list names, once, and remarks.

    Raises: UserError with what is wrong with the first, and which others cannot be read either.
    """
    found, remarks, faults = {}, defaultdict(list), {}
    for name in dict.fromkeys(name for names in named.values() for name in names):
        file = annotations[name]
        try:
            found[name], said = _read(folder, name, annotation.read(file), pictures.get(name, []))
        except UserError as error:
            faults[file.name] = str(error)
            continue
        for remark in said:
            remarks[remark].append(found[name].file.name)
    if faults:
        first, *others = faults
        more = f"; {some(others)} cannot be used either" if others else ""
        raise UserError(f"{faults[first]}{more}")
    return found, [f"{some(files)}: {remark}" for remark, files in remarks.items()]


def _read(
    folder: Path, name: str, said: Annotation, candidates: list[Path]
) -> tuple[Annotated, list[str]]:
    usable = [file for file in candidates if file.suffix.lower() in images.suffixes()]
    if not candidates:
        expected = folder / "JPEGImages" / f"{name}.jpg"
        raise UserError(f"{said.file} is of a picture that is not there: {expected}")
    if not usable:
        is_heif = candidates[0].suffix.lower() in images.HEIF_SUFFIXES
        others = f"of a kind that is not read: expected one of {', '.join(images.FORMATS)}"
        fault = listing.HEIF if is_heif else others
        raise UserError(f"{said.file}: its picture {candidates[0].name} is {fault}")
    chosen = [file for file in usable if len(usable) == 1 or file.name == said.picture]
    if not chosen:
        both = " and ".join(file.name for file in usable)
        raise UserError(f"{said.file} could be of {both}: expected its <filename> to be one")
    file = chosen[0]
    frame = frames.frame_of(file)
    try:
        boxes, remarks = frames.shown_parts(said.boxes_xyxy, said.size, frame)
    except ValueError as error:
        raise UserError(f"{said.file} {error}") from None
    if len(usable) > 1:
        remarks.append(TWINS)
    pixels = (frame.height, frame.width) if frame.orientation >= 5 else (frame.width, frame.height)
    return Annotated(file, said.file, said.labels, boxes, said.is_difficult, pixels), remarks


def _left_over(
    annotations: Mapping[str, Path],
    pictures: Mapping[str, list[Path]],
    named: Mapping[str, list[str]],
) -> list[str]:
    listed = {name for names in named.values() for name in names}
    unlisted = [name for name in annotations if name not in listed]
    bare = [
        file.name
        for name, files in pictures.items()
        for file in files
        if name not in annotations and file.suffix.lower() in images.suffixes()
    ]
    return [
        *([f"{some(unlisted)}: annotated, but in none of the lists: left out"] if unlisted else []),
        *([f"{some(bare)}: pictures without an annotation: left out"] if bare else []),
    ]
