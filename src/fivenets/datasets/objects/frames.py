"""Boxes in the pixels that an annotator saw -> parts of the picture as it is shown."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from fivenets.core import images

Size = tuple[float, float]  # width, height
NOT_KNOWN = "no usable <size>: boxes are taken as pixels of the picture"
SCALED = "another size than <size> says: boxes are scaled with the picture"
TURNED = "annotated as stored, and turned by EXIF: boxes are turned with the picture"
SWAPPED = "corners of a box are swapped: they are put in order"
TURNS = {  # by EXIF's orientation: whether rows become columns, then x and y that are mirrored
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
ASPECT_ERROR = 0.05  # at most, of the height: between tiny pictures a pixel is a lot


@dataclass(frozen=True)
class Frame:
    """A picture's pixels as they are stored, and how EXIF has them turned to be shown."""

    width: int
    height: int
    orientation: int  # 1 (as stored) to 8


def frame_of(file: Path) -> Frame:
    """From the header of a picture's file. Raises: UserError where it is no picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags, whose picture can be read
            with Image.open(file, formats=images.FORMATS) as image:
                orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
                orientation = orientation if orientation in TURNS else 1
                is_shown = image.format == "TIFF" and TURNS[orientation][0]  # Pillow's exception
                width, height = image.size[::-1] if is_shown else image.size
                return Frame(width, height, orientation)
    except Exception:  # any kind, which `read_image` turns into a sentence
        images.read_image(file)
        raise


def shown_parts(
    boxes_xyxy: Sequence[Sequence[float]], size: Size | None, frame: Frame
) -> tuple[np.ndarray, list[str]]:
    """(n, 4) in parts of the picture as it is shown, not yet cut; and what had to be done to them.

    Args: boxes_xyxy: pixels of `size`, edges from 0; those of a program that counts pixels from 1
        are a pixel too small at the left and top.
    Raises: ValueError, what is wrong, where it cannot be known which pixels are meant.
    """
    boxes = np.array(boxes_xyxy, float).reshape(-1, 2, 2)
    if not len(boxes):
        return boxes.reshape(-1, 4), []
    if is_in_parts(boxes):
        raise ValueError("has a box in 0..1: expected pixels")
    remarks = [SWAPPED] if (boxes[:, 0] > boxes[:, 1]).any() else []
    is_stored, frame_size = _annotated_frame(size, frame)
    if size is None:
        size = frame_size
        remarks.append(NOT_KNOWN)
    elif size != frame_size:
        remarks.append(SCALED)
    parts = boxes / np.array(size)
    if is_stored and frame.orientation != 1:
        parts = turned(parts, frame.orientation)
        remarks.append(TURNED)
    return np.sort(parts, axis=1).reshape(-1, 4), remarks


def turned(points: np.ndarray, orientation: int) -> np.ndarray:
    """Points (..., 2) in parts of a picture as stored -> of it as EXIF's orientation shows it."""
    is_lying, *is_mirrored = TURNS[orientation]
    upright = points[..., ::-1] if is_lying else points
    return np.where(is_mirrored, 1 - upright, upright)


def is_in_parts(boxes: np.ndarray) -> bool:
    """Whether a box (n, 2, 2) has an area, and numbers that pixels would not have: 0..1."""
    largest = np.abs(boxes).max(axis=(1, 2))
    is_fraction = (boxes != np.round(boxes)).any(axis=(1, 2))
    has_area = (boxes[:, 0] != boxes[:, 1]).all(axis=1)
    return bool((has_area & ((largest <= 1) | (is_fraction & (largest <= 2)))).any())


def _annotated_frame(size: Size | None, frame: Frame) -> tuple[bool, Size]:
    """Whether the annotator saw the picture as it is stored, and its size as it was seen."""
    stored = (frame.width, frame.height)
    shown = stored[::-1] if frame.orientation >= 5 else stored
    candidates = [(True, stored)] if frame.orientation == 1 else [(True, stored), (False, shown)]
    if size is not None:
        exact = [one for one in candidates if one[1] == size]
        candidates = exact or [one for one in candidates if _has_aspect(one[1], size)]
    if not candidates:
        assert size is not None
        raise ValueError(
            f"has a <size> of {size[0]:g}x{size[1]:g} pixels, which the picture of "
            f"{shown[0]}x{shown[1]} is not a resized copy of"
        )
    if len(candidates) > 1:
        raise ValueError(
            f"does not say by its <size> whether its boxes are of the picture as it is stored or "
            f"as EXIF turns it (orientation {frame.orientation})"
        )
    return candidates[0]


def _has_aspect(size: Size, other: Size) -> bool:
    """Whether one is the other's picture resized; either may have been rounded to whole pixels."""
    scale = size[0] / other[0]
    return abs(size[1] - other[1] * scale) <= min(max(1, scale), ASPECT_ERROR * size[1])
