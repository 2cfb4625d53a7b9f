"""One annotation file of a Pascal-VOC folder: what it says, and nothing about what is true."""

import math
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from fivenets.core.errors import UserError
from fivenets.datasets.objects.encodings import xml_text

SIDES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Annotation:
    """The objects of one picture as their annotator left them."""

    file: Path
    picture: str  # <filename>, which need not be the file's name today; "" where there is none
    size: tuple[float, float] | None  # width, height of what was annotated; None: not known
    labels: list[str]
    boxes_xyxy: list[tuple[float, float, float, float]]  # pixels of `size`; edges, from 0
    is_difficult: list[bool]


def read(file: Path) -> Annotation:
    """The annotation in `file`.

    Raises: UserError where it cannot be read, is not XML, or is no Pascal-VOC annotation.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    if not data.strip():
        raise UserError(f"{file} is not XML: it is empty")
    try:
        root = ET.fromstring(xml_text(data).lstrip())
    except ET.ParseError as error:
        raise UserError(f"{file} is not XML: {error}") from None
    except ValueError as error:
        raise UserError(f"{file} {error}") from None
    objects = root.findall("object")
    is_elsewhere = not objects and any(
        part.tag.lower() in ("object", "bndbox") for part in root.iter()
    )
    if root.tag != "annotation" or is_elsewhere:
        raise UserError(
            f"{file} is no Pascal-VOC annotation: expected <annotation> with <object> in it, "
            f"received <{root.tag}> with {', '.join(f'<{part.tag}>' for part in root) or 'nothing'}"
        )
    try:
        return Annotation(
            file,
            (root.findtext("filename") or "").strip(),
            _size(root),
            [unicodedata.normalize("NFC", " ".join(_text(one, "name").split())) for one in objects],
            [_box(one) for one in objects],
            [_is_true(one.findtext("difficult")) for one in objects],
        )
    except ValueError as error:
        raise UserError(f"{file}: an object without a usable {error}") from None


def _size(root: ET.Element) -> tuple[float, float] | None:
    """Width and height; None where one is not a number above 0, as some programs leave them."""
    try:
        width, height = (_number(root, f"size/{side}") for side in ("width", "height"))
    except ValueError:
        return None
    return (width, height) if width > 0 and height > 0 else None


def _box(element: ET.Element) -> tuple[float, float, float, float]:
    left, top, right, bottom = (_number(element, f"bndbox/{side}") for side in SIDES)
    return left, top, right, bottom


def _number(element: ET.Element, name: str) -> float:
    text = _text(element, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:  # which Python, alone, reads as a thousands mark
        raise ValueError(f"{name}: {text!r}")
    return value


def _text(element: ET.Element, name: str) -> str:
    text = (element.findtext(name) or "").strip()
    if not text:
        raise ValueError(name)
    return text


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in ("1", "true", "yes")
