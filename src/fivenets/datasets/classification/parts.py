"""Each data set that a mixture can name -> its pictures, one by one."""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.core.listing import Listing
from fivenets.datasets import class_folders
from fivenets.datasets.classification import from_tfds
from fivenets.datasets.classification.cutouts import cut_out, cut_out_by_colour
from fivenets.datasets.classification.prepared import split_expressions
from fivenets.datasets.settings import DataSettings
from fivenets.datasets.storing import download, is_folder
from fivenets.drawn.hand import SIGNS
from fivenets.drawn.signs import render_cutout
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin

DRAWN, MASSEY = "drawn", "massey_digits"
DRAWN_PER_LABEL = {"validation": 20, "test": 20}
DRAWN_SEEDS = {"train": 5, "validation": 6, "test": 7}
SIGNS_SPLITS = {"train_signs": "train", "val_signs": "validation", "test_signs": "test"}
MOST_NAMED = 5  # labels that are no signs
SIDES = 3  # of the prepared picture: a whole photograph's shorter side, to train on
# hand2's pictures of 4 in diffuse light show five fingers, those of 5 show four: seen by eye.
SWAPPED_IN_MASSEY = re.compile(r"hand2_[45]_dif_")


@dataclass(frozen=True)
class Picture:
    """One picture of one hand."""

    image: np.ndarray  # (height, width, 3 | 4) uint8: with its opacity where it is cut out
    label: str
    person: str  # as far as known: "hand3"; the same in all splits where people are not told apart
    split: str


@dataclass(frozen=True)
class Part:
    """One data set of a mixture."""

    name: str
    pictures: list[Picture]
    origin: Origin
    listed: Listing | None = None  # of a user's folder
    notes: tuple[str, ...] = ()
    goes_on: bool = False  # whether what leaves a cut-out's picture goes on, as drawn arms do
    has_people: bool = False  # who can be named for a split


def read(name: str, settings: DataSettings, source: str, raw_dir: Path) -> Part | None:
    """The data set of this name; None where it cannot be had.

    Raises: UserError for a name that is neither known, nor a folder, nor in TFDS, and for a folder
        or a set of TFDS that cannot be used.
    """
    if name == DRAWN:
        return _drawn(settings.drawn)
    if name in READERS:
        fetched = fetch(ASSETS[name], raw_dir, source)
        if fetched is None:
            return None
        pictures = list(READERS[name](fetched.folder, settings))
        return Part(name, pictures, fetched.origin, has_people=name == MASSEY)
    folder = files.expanded(name)
    if os.path.isdir(folder):
        return _folder(folder, name, settings)
    known = ", ".join((*READERS, DRAWN))
    if is_folder(name):
        raise UserError(f"dataset: {name} is neither one of {known}, nor a folder")
    return _tfds(name, settings, raw_dir, f"one of {known}")


def _drawn(to_train_on: int) -> Part:
    pictures = []
    for split, count in ({"train": to_train_on} | DRAWN_PER_LABEL).items():
        rng = np.random.default_rng(DRAWN_SEEDS[split])
        pictures += [
            Picture(render_cutout(sign, rng), str(sign), DRAWN, split)
            for _ in range(count)
            for sign in SIGNS
        ]
    digest = sha256(b"".join(picture.image.tobytes() for picture in pictures))
    return Part(DRAWN, pictures, Origin.drawn("drawn_hands", digest), goes_on=True)


def _signs(folder: Path, settings: DataSettings) -> Iterator[Picture]:
    for place, split in SIGNS_SPLITS.items():
        for file in sorted((folder / place).glob("*.jpg")):
            yield Picture(read_image(file), file.name[0], "SIGNS", split)


def _massey(folder: Path, settings: DataSettings) -> Iterator[Picture]:
    for file in sorted(folder.rglob("*.jpeg")):
        person, label, *_ = file.name.split("_")
        if SWAPPED_IN_MASSEY.match(file.name):
            label = {"4": "5", "5": "4"}[label]
        yield Picture(cut_out(read_image(file)), label, person, settings.split_of(person))


def _folder(folder: Path, as_named: str, settings: DataSettings) -> Part:
    found = class_folders.read(folder, settings)
    shown = (
        (split, label, read_image(file, keeps_alpha=True))
        for split, by_label in found.splits.items()
        for label, paths in by_label.items()
        for file in paths
    )
    pictures, said = _own(shown, folder.name, settings.image_size)
    origin = Origin.own(folder.name, found.pictures.digest(), as_named)
    return Part(folder.name, pictures, origin, found.pictures, (*found.notes, *said))


def _tfds(name: str, settings: DataSettings, raw_dir: Path, others: str) -> Part:
    with tempfile.TemporaryDirectory() as scratch:
        builder = from_tfds.builder_of(name, Path(scratch), others)
        labels, known = builder.info.features["label"].names, [str(sign) for sign in SIGNS]
        if unknown := [label for label in labels if label not in known]:
            raise UserError(
                f"dataset: {name} should show signs named {', '.join(known)}, it shows "
                f"{', '.join(unknown[:MOST_NAMED])}"
            )
        origin = download(builder, name, raw_dir)
        if "train" not in builder.info.splits:
            available = ", ".join(builder.info.splits)
            raise UserError(f"dataset: {name} should have a split train, it has {available}")
        expressions = split_expressions(list(builder.info.splits), settings)
        notes = from_tfds.shared(builder, expressions, name)
        shown = (
            (
                split,
                labels[row["label"]],
                np.broadcast_to(row["image"], (*row["image"].shape[:2], 3)),
            )
            for split, expression in expressions.items()
            for row in tfds.as_numpy(builder.as_dataset(expression))
        )
        pictures, said = _own(shown, name, settings.image_size)
    return Part(name, pictures, origin, notes=(*notes, *said))


def _own(
    shown: Iterable[tuple[str, str, np.ndarray]], name: str, side: int
) -> tuple[list[Picture], list[str]]:
    """Pictures of splits and labels, and what is to be said of them.

    A picture has its opacity where it is cut out, here by its colour or before; a whole one to
    train on is `shrunk`.
    """
    pictures, by_colour = [], 0
    for split, label, image in shown:
        if image.shape[2] == 3 or image[..., 3].min() == 255:  # or a screenshot
            image = np.ascontiguousarray(image[..., :3])
            thing = cut_out_by_colour(image)
            by_colour += thing is not None
            whole = shrunk(image, side) if split == "train" else image
            image = whole if thing is None else thing
        pictures.append(Picture(image, label, name, split))
    if not by_colour:
        return pictures, []
    of_all = f"{by_colour:,} of {len(pictures):,} pictures of {name}"
    return pictures, [f"{of_all} stand before one plain colour: cut out"]


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """A whole photograph no larger than `seen_again` needs it for pictures of `side`: a telephone's
    would take a second each time, and 36 MB. Cut-outs as they are."""
    shrink = SIDES * side / min(image.shape[:2])
    if image.shape[2] == 4 or shrink >= 1:
        return image
    height, width = (round(extent * shrink) for extent in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


READERS = {"signs": _signs, MASSEY: _massey}
