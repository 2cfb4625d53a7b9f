"""Video files: the objects in each frame, and a copy with boxes drawn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np

from fivenets.core.errors import UserError
from fivenets.detection import drawing
from fivenets.detection.boxes import Profile
from fivenets.detection.detector import Detection, Detector
from fivenets.detection.listing import MARK, free_name

CODEC, FRAMES_PER_SECOND = "libx264", 25.0  # what every browser plays; where none is written down
WHOLE = 0.95  # part of the frames that a file announces; decoders drop a few at its ends


def detect(
    detector: Detector, path: Path, profile: Profile, out: Path | None
) -> Iterator[tuple[int, int, list[Detection]]]:
    """Frame (from 0), number of frames (0: unknown) and objects, frame by frame.

    Where `out` is given, a drawn copy is written into it; after an unreadable frame it holds what
    came before.

    Raises: UserError, one sentence, for a file that is no video and at a frame that is unreadable.
    """
    frames = _frames(path)
    rate, count = next(frames)
    if out is None:
        for number, image_rgb_uint8 in enumerate(frames):
            yield number, count, detector.detect_in(image_rgb_uint8, profile)
        return
    with imageio.imopen(free_name(out, path, ".mp4"), "w", plugin="pyav") as writer:
        stream: Any = writer
        stream.init_video_stream(CODEC, fps=rate)
        stream.container_metadata["comment"] = MARK
        for number, image_rgb_uint8 in enumerate(frames):
            found = detector.detect_in(image_rgb_uint8, profile)
            drawn = np.asarray(drawing.draw(image_rgb_uint8, found, detector.labels))
            # The codec halves the resolution of colour: an odd last row or column is left out.
            height, width = (side - side % 2 for side in drawn.shape[:2])
            stream.write_frame(np.ascontiguousarray(drawn[:height, :width]))
            yield number, count, found


def _frames(path: Path) -> Iterator[Any]:
    """First (frames per second, number of frames), then each frame, (h, w, 3) uint8."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    number = 0
    try:
        with imageio.imopen(path, "r", plugin="pyav") as file:
            known = file.metadata()
            rate = float(known.get("fps") or FRAMES_PER_SECOND)
            count = round(rate * _seconds(known))
            yield rate, count
            for image_rgb_uint8 in file.iter(format="rgb24"):
                yield image_rgb_uint8
                number += 1
    except (OSError, ValueError, IndexError) as error:
        if isinstance(error, UserError):
            raise
        if number == 0:
            fault = "is not a video that can be read, or is damaged"
            raise UserError(f"{path} {fault}: {_line(error)}") from None
        raise UserError(f"{path}: frame {number} cannot be read: {_line(error)}") from None
    # Decoders pass over what they cannot read without a word.
    if number < WHOLE * count:
        raise UserError(f"{path} is damaged: {number} of about {count} frames could be read")


def _seconds(known: dict[str, Any]) -> float:
    """How long the video says it is; 0 where it does not. Matroska says it as 00:00:12.5."""
    text = str(known.get("duration") or known.get("DURATION") or 0)
    try:
        return sum(float(part) * 60**power for power, part in enumerate(text.split(":")[::-1]))
    except ValueError:
        return 0.0


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]
