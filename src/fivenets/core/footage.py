"""Frames of a video file as players show them: upright, each at its time.

FFmpeg reads the file in a child process, which `decoding` is.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from fivenets.core import sandbox
from fivenets.core.errors import UserError
from fivenets.core.images import MAX_PIXELS

log = logging.getLogger(__name__)

CHILD = "fivenets.core.decoding"
SURVEY_SILENCE = 600.0  # seconds, for a long film on a slow disk
WHOLE = 0.95  # part of the frames of a file that is not damaged


@dataclass(frozen=True)
class Frame:
    """One picture of a video."""

    image_rgb_uint8: np.ndarray  # (height, width, 3), as it is to be seen
    seconds: Fraction  # when it appears, since the file's start


@dataclass(frozen=True)
class Survey:
    """What is known of a video before it is decoded."""

    frames: int  # that there should be; an estimate where a part of the file is gone
    rate: Fraction  # frames per second on average
    time_base: Fraction  # seconds of which all times are multiples


def survey(path: Path) -> Survey:
    """What the packets of a video file say: it is read once, which is quick beside decoding it.

    Raises: UserError for a file that is no video.
    """
    with _reading(path, "survey", SURVEY_SILENCE) as child:
        said = child.message()
        with child.making_sense():
            return Survey(int(said["frames"]), Fraction(said["rate"]), Fraction(said["time_base"]))


def comment(path: Path) -> str | None:
    """What a video file's writer said of it.

    Raises: UserError for a file that is no video.
    """
    with _reading(path, "comment", sandbox.SILENCE) as child:
        said = child.message()
        with child.making_sense():
            return None if said["comment"] is None else str(said["comment"])


def frames(path: Path, expected: Survey) -> Iterator[Frame]:
    """Each frame that can be decoded, in order.

    Raises: UserError at one that cannot be, and at the end where many of `expected` were missing.
    """
    number = 0
    with _reading(path, f"{expected.rate}", sandbox.SILENCE) as child:
        while not (said := child.message()).get("end"):
            if said.get("is_oblique"):
                log.warning("%s is turned by no multiple of 90 degrees: taken as it lies", path)
            with child.making_sense():
                seconds, sides = Fraction(said["seconds"]), [int(side) for side in said["sides"]]
            yield Frame(child.array("|u1", [*sides, 3], 3 * MAX_PIXELS), seconds)
            number += 1
    # Decoders pass over what they cannot read without a word.
    if number < WHOLE * expected.frames:
        raise UserError(
            f"{path} is damaged: {number} of about {expected.frames} frames could be read"
        )


def _reading(path: Path, what: str, silence: float) -> AbstractContextManager[sandbox.Child]:
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such file")
    if not path.stat().st_size:
        raise UserError(f"{path} is empty: expected a video")
    unusable = "is not a video that can be read, or is damaged"
    return sandbox.reading(path, CHILD, unusable, [what], silence)
