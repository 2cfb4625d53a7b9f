"""A user's folder of pictures by class -> which are for training, validation and test.

It is `<class>/<picture>` or `<split>/<class>/<picture>`; folders in a class belong to that class.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core import listing
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.core.listing import Listing
from fivenets.datasets import overlap
from fivenets.datasets.classification.prepared import DataSettings

SPLITS = ("train", "validation", "test")
SPLIT_OF = {"training": "train", "valid": "validation", "val": "validation", "testing": "test"}
SPLIT_OF |= {split: split for split in SPLITS}  # by the name of a folder, in any case
MOST_NAMED = 3  # pictures that cannot be read

Files = dict[str, list[Path]]  # by class


@dataclass(frozen=True)
class ClassFolder:
    """What `read` found: every picture, those of each split by class, and what is to be said."""

    pictures: Listing
    splits: dict[str, Files]
    notes: list[str]

    def key(self, file: Path, label: str) -> bytes:
        """A name of one picture that does not say where the folder or its splits are."""
        folders = self.pictures.folders(file)
        inside = [*folders[folders.index(label) :], file.name]
        return "/".join(inside).encode(errors="surrogateescape")


def listed(folder: Path) -> Listing:
    """All pictures that lie in a class, and in a split where there are some."""
    found, depth = listing.listed(folder), 2 if is_split(folder) else 1

    def is_used(file: Path) -> bool:
        names = found.folders(file)
        return len(names) >= depth and (depth == 1 or names[0].lower() in SPLIT_OF)

    return found.only(is_used, listing.LOOSE)


def read(folder: Path, settings: DataSettings) -> ClassFolder:
    """The pictures of a folder by split and class, all of which can be read.

    Where the folder has no splits, they are made class by class; copies of one picture go together.
    Raises: UserError, one sentence, for a folder or class without pictures or with too few,
        pictures that cannot be read, and pictures that the folder's own splits share.
    """
    found = listed(folder)
    by_split = _by_split(found) if is_split(folder) else {"": found.by_label()}
    if "" in by_split:
        _check_classes(found, folder, by_split[""])
    contents = _contents(found)
    notes = [found.sentence()] if found.left_out else []
    notes += _doubts(folder, by_split, contents)
    if "" in by_split:
        return ClassFolder(found, _split(by_split[""], contents, settings), notes)
    named = {
        split: {contents[file]: found.name(file) for files in by_label.values() for file in files}
        for split, by_label in by_split.items()
    }
    if sentences := overlap.shared(named):
        raise UserError(f"{folder}: splits should share no picture: {'; '.join(sentences)}")
    return ClassFolder(found, by_split, notes)


def is_split(folder: Path) -> bool:
    """Whether a folder's folders are splits; a class may be called `train`, too."""
    named = [name for name in listing.folders(folder) if name.lower() in SPLIT_OF]
    trains = [name for name in named if SPLIT_OF[name.lower()] == "train"]
    return bool(trains) and (len(named) > 1 or bool(listing.folders(folder / trains[0])))


def _by_split(found: Listing) -> dict[str, Files]:
    named = [name for name in listing.folders(found.folder) if name.lower() in SPLIT_OF]
    names = {SPLIT_OF[name.lower()]: name for name in named}
    if missing := [split for split in SPLITS if split not in names]:
        raise UserError(f"{found.folder} has a folder train but none named {', '.join(missing)}")
    if len(named) > len(names):
        raise UserError(f"{found.folder} should have one folder for each split: {', '.join(named)}")
    by_split: dict[str, Files] = {split: {} for split in SPLITS}
    for file in found.files:
        split, label, *_ = found.folders(file)
        by_split[SPLIT_OF[split.lower()]].setdefault(label, []).append(file)
    for split in SPLITS:
        _check_classes(found, found.folder / names[split], by_split[split])
    unknown = {label for files in by_split.values() for label in files} - set(by_split["train"])
    if unknown:
        place = found.folder / names["train"]
        raise UserError(f"{place} has no images of {', '.join(sorted(unknown))}")
    return by_split


def _check_classes(found: Listing, folder: Path, by_label: Files) -> None:
    labels = listing.folders(folder)
    if not labels:
        raise UserError(f"{folder} should hold one folder of images per class, it holds none")
    for label in labels:
        if label not in by_label:
            why = found.sentence(under=found.name(folder / label))
            raise UserError(f"{folder / label} holds no images{why and '; '}{why}")
        # TFDS keeps the names of classes as lines of text, without the spaces around them.
        if label != label.strip() or not label.isprintable():
            raise UserError(
                f"{folder / label}: the name of a class should be UTF-8 text without line breaks "
                "or spaces around it"
            )


def _contents(found: Listing) -> dict[Path, str]:
    """A digest of each picture's pixels, whatever format they are kept in.

    Raises: UserError that counts those that cannot be read, and names the first of them.
    """
    contents, faults = {}, []
    for file in found.files:
        try:
            image = read_image(file)
        except UserError as error:
            faults.append(str(error))
        else:
            contents[file] = sha256(str(image.shape).encode() + image.tobytes())
    if faults:
        more = len(faults) - MOST_NAMED
        rest = f"; and {more:,} more of {len(found.files):,} pictures" if more > 0 else ""
        raise UserError("; ".join(faults[:MOST_NAMED]) + rest)
    return contents


def _doubts(folder: Path, by_split: dict[str, Files], contents: dict[Path, str]) -> list[str]:
    """Sentences about classes that a split lacks, that are alike by name or share pictures, and
    about copies."""
    labels: dict[str, set[str]] = defaultdict(set)  # by content
    for files in by_split.values():
        for label, paths in files.items():
            for path in paths:
                labels[contents[path]].add(label)
    names = sorted({label for files in by_split.values() for label in files})
    in_two = [path for path, digest in contents.items() if len(labels[digest]) > 1]
    copies = len(contents) - len(labels)
    doubts = [
        f"{split} has no images of {', '.join(missing)}"
        for split, files in by_split.items()
        if (missing := sorted(set(names) - set(files)))
    ]
    doubts += [f"the classes {listing.taken_apart(group)}" for group in listing.alike(names)]
    if in_two:
        doubts.append(f"{len(in_two):,} pictures are in two classes or more, such as {in_two[0]}")
    if copies:
        doubts.append(f"{copies:,} of {len(contents):,} pictures are copies of others")
    return [f"{folder}: {doubt}" for doubt in doubts]


def _split(by_label: Files, contents: dict[Path, str], settings: DataSettings) -> dict[str, Files]:
    found: dict[str, Files] = {split: {} for split in SPLITS}
    fractions = (settings.validation_fraction, settings.test_fraction)
    split_of: dict[str, str] = {}  # by content, over all classes
    for label, files in by_label.items():
        own = [
            digest for digest in dict.fromkeys(map(contents.get, files)) if digest not in split_of
        ]
        # At least one image for each of validation and test.
        validation, test = (max(1, round(fraction * len(own))) for fraction in fractions)
        if len(own) < validation + test + 1:
            which = "" if len(own) == len(files) else " that are not copies of others"
            raise UserError(
                f"class {label} has {len(own)} image(s){which}: at least {validation + test + 1} "
                "are needed, to train, validate and test on different ones"
            )
        order = np.random.default_rng(settings.split_seed).permutation(len(own))
        sides = ["validation"] * validation + ["test"] * test
        sides += ["train"] * (len(own) - len(sides))
        split_of |= {own[index]: side for index, side in zip(order, sides, strict=True)}
        for split in SPLITS:
            chosen = [file for file in files if split_of[contents[file]] == split]
            if chosen:
                found[split][label] = chosen
    return found
