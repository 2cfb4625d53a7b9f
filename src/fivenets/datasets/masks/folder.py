"""A user's folder of pictures and masks, and CamVid -> which mask belongs to which picture.

`images/street.jpg` belongs with `masks/street.png`, an 8-bit grey or palette picture of the same
size whose values are classes. Folders below both may be splits: train, validation, test. In
`classes.txt` each line is a class' name, of value 0 and on; an empty one is of none.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fivenets.core import images, listing
from fivenets.core.errors import UserError
from fivenets.datasets.class_folders import SPLIT_OF
from fivenets.datasets.objects import camvid
from fivenets.datasets.objects.lists import plain, some

CLASSES_FILE = "classes.txt"
CAMVID = (  # of the values 0 to 10; 11 is of no class
    *("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence"),
    *("car", "pedestrian", "bicyclist"),
)
MODES = ("1", "L", "P")  # of Pillow: one number of up to 8 bits for a pixel
LOSSY = ("JPEG", "WEBP", "AVIF", "JPEG2000")


@dataclass(frozen=True)
class Masked:
    """The files of a picture and of its mask, and its name."""

    picture: Path
    mask: Path
    name: str


@dataclass(frozen=True)
class Folder:
    """The pictures of each split, and the name of each value, where the folder says so."""

    splits: dict[str, list[Masked]]
    classes: dict[int, str] | None


def read(folder: Path) -> Folder:
    """What a folder of the form above holds.

    Raises: UserError, one sentence, where a picture has no mask, or a mask no picture.
    """
    pictures, masks = (_by_name(folder / part) for part in ("images", "masks"))
    for one, other, kind in ((pictures, masks, "masks"), (masks, pictures, "images")):
        if missing := [name for name in one if name not in other]:
            raise UserError(f"{folder / kind} has no picture of the name of {some(missing)}")
    splits: dict[str, list[Masked]] = {}
    first_folders = {name.partition("/")[0].lower() if "/" in name else "" for name in pictures}
    has_splits = first_folders <= SPLIT_OF.keys()
    for name, file in pictures.items():
        split = SPLIT_OF[name.partition("/")[0].lower()] if has_splits else "train"
        splits.setdefault(split, []).append(Masked(file, masks[name], name))
    return Folder(splits, _classes(folder / CLASSES_FILE))


def read_camvid(folder: Path) -> Folder:
    """CamVid as the catalogue has it: 11 classes, by SegNet's split."""
    splits = {
        split: [
            Masked(file, folder / f"{name}annot" / f"{file.stem}.png", file.stem)
            for file in sorted((folder / name).glob("*.jpg"))
        ]
        for split, name in camvid.SPLITS.items()
    }
    return Folder(splits, dict(enumerate(CAMVID)))


def read_mask(file: Path) -> np.ndarray:
    """The values (height, width) uint8 of a mask. Raises: UserError where it is none."""
    try:
        with Image.open(file, formats=images.FORMATS) as image:
            kind, mode, stored = image.format, image.mode, _stored(image)
            values = np.asarray(image)
    except Exception as error:  # Pillow's readers raise whatever they meet
        raise UserError(f"{file} is a damaged mask: {error}") from None
    if kind in LOSSY:
        raise UserError(f"{file} is a {kind}, which changes values: expected a mask as PNG")
    if mode not in MODES:
        raise UserError(
            f"{file} should be an 8-bit grey or palette picture whose values are classes, its mode "
            f"is {mode}"
        )
    if stored == "L;I":
        raise UserError(f"{file} is stored with 0 as white: expected values that are classes")
    # Pillow spreads values of 2 and 4 bits over 0..255.
    return values.astype(np.uint8) // {"L;2": 85, "L;4": 17}.get(stored, 1)


def _stored(image: Image.Image) -> str:
    """Pillow's name for how pixels are stored in the file, such as L;4 for grey of 4 bits."""
    tiles = getattr(image, "tile", ())
    of_first = tiles[0].args if tiles else ""
    return of_first if isinstance(of_first, str) else str(next(iter(of_first or ()), ""))


def _by_name(folder: Path) -> dict[str, Path]:
    """The pictures below a folder by their path in it, without ending."""
    if not os.path.isdir(folder):
        raise UserError(f"{folder} should be a folder: expected images/ and masks/ beside it")
    found = listing.listed(folder)
    if not found.files:
        raise UserError(f"{folder} holds no pictures")
    named: dict[str, Path] = {}
    for file in found.files:
        name = plain(file.relative_to(folder).with_suffix("").as_posix())
        if name in named:
            raise UserError(f"{named[name]} and {file} should not have the same name")
        named[name] = file
    return named


def _classes(file: Path) -> dict[int, str] | None:
    if not file.is_file():
        return None
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{file} should be a text of names in UTF-8, one a line") from None
    names = [line.strip() for line in lines]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice or len(names) > 256 or not any(names):
        named = f"{', '.join(twice)} twice" if twice else f"{len(names)} lines"
        raise UserError(f"{file} should name at most 256 different classes, it has {named}")
    return {value: name for value, name in enumerate(names) if name}
