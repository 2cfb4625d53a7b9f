"""Pascal-VOC folders: JPEGImages, Annotations and, if there is one, ImageSets/Main."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from fivenets.core.errors import UserError

SPLITS = {"train": "train", "validation": "val", "test": "test"}  # by their files in ImageSets/Main
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Annotation:
    """A picture's file, and its objects as their annotator left them: nothing is checked."""

    file: Path
    labels: list[str]
    boxes_xyxy: list[tuple[float, float, float, float]]  # pixels
    is_difficult: list[bool]


def splits(folder: Path) -> dict[str, list[Annotation]]:
    """train, validation and test where ImageSets/Main names them, else all pictures as train.

    Raises: UserError, one sentence, where the folder or a file in it is not of that form.
    """
    lists = {name: folder / "ImageSets/Main" / f"{file}.txt" for name, file in SPLITS.items()}
    named = {name: file.read_text().split() for name, file in lists.items() if file.is_file()}
    if not named:
        stems = [file.stem for file in sorted((folder / "Annotations").glob("*.xml"))]
        named = {"train": stems} if stems else {}
    if not named.get("train"):
        raise UserError(
            f"{folder} is not a Pascal-VOC folder: expected JPEGImages, Annotations/*.xml and, for "
            "splits, ImageSets/Main/train.txt"
        )
    return {name: [read(folder, stem) for stem in stems] for name, stems in named.items()}


def read(folder: Path, stem: str) -> Annotation:
    """The annotation of one picture.

    Raises: UserError where the picture or its annotation is missing or not readable.
    """
    file = folder / "Annotations" / f"{stem}.xml"
    try:
        root = ET.parse(file).getroot()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    except ET.ParseError as error:
        raise UserError(f"{file} is not XML: {error}") from None
    found = [folder / "JPEGImages" / f"{stem}{suffix}" for suffix in SUFFIXES]
    picture = next((path for path in found if path.is_file()), None)
    if picture is None:
        raise UserError(f"{file} is of a picture that is not there: {found[0]}")
    objects = root.findall("object")
    try:
        return Annotation(
            picture,
            [_text(one, "name") for one in objects],
            [_box(one) for one in objects],
            [one.findtext("difficult", "0").strip() == "1" for one in objects],
        )
    except ValueError as error:
        raise UserError(f"{file}: an object without a usable {error}") from None


def _text(element: ET.Element, name: str) -> str:
    text = (element.findtext(name) or "").strip()
    if not text:
        raise ValueError(name)
    return text


def _box(element: ET.Element) -> tuple[float, float, float, float]:
    sides = []
    for side in ("xmin", "ymin", "xmax", "ymax"):
        text = _text(element, f"bndbox/{side}")
        try:
            sides.append(float(text))
        except ValueError:
            raise ValueError(f"bndbox/{side}: {text!r}") from None
    return sides[0], sides[1], sides[2], sides[3]
