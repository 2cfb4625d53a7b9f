"""Video files: the objects in each frame, and a copy with boxes drawn."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from fivenets.core import files, footage
from fivenets.core.errors import UserError
from fivenets.detection import drawing
from fivenets.detection.boxes import Profile
from fivenets.detection.detector import Detection, Detector
from fivenets.detection.listing import MARK, free_name

CODEC = "libx264"  # what every browser plays


def detect(
    detector: Detector, path: Path, profile: Profile, out: Path | None
) -> Iterator[tuple[int, int, list[Detection]]]:
    """Frame (from 0), number of frames that there should be, and objects, frame by frame.

    Where `out` is given, a drawn copy is written into it that plays at the same times; after an
    unreadable frame it holds what came before.

    Raises: UserError, one sentence, for a file that is no video and at a frame that is unreadable.
    """
    known = footage.survey(path)
    with ExitStack() as stack:
        writer = None
        for number, frame in enumerate(footage.frames(path, known)):
            found = detector.detect_in(frame.image_rgb_uint8, profile)
            if out is not None:
                drawn = np.asarray(drawing.draw(frame.image_rgb_uint8, found, detector.labels))
                # The codec halves the resolution of colour: an odd last row or column is left out.
                height, width = (side - side % 2 for side in drawn.shape[:2])
                drawn = np.ascontiguousarray(drawn[:height, :width])
                if writer is None:
                    file = free_name(out, path, ".mp4")
                    part = stack.enter_context(files.scratch(file))
                    writer = stack.enter_context(_Writer(file, part, drawn.shape, known))
                writer.write(drawn, frame.seconds)
            yield number, known.frames, found


class _Writer:
    """A video file that frames are put into, each at its time: in `part`, which becomes `file`
    at the end, also where the rest is unreadable, but not where somebody interrupts."""

    def __init__(self, file: Path, part: Path, shape: tuple[int, ...], like: footage.Survey):
        self.file, self.part, self.is_whole = file, part, True
        self.sides = shape[:2]
        self.container = av.open(str(part), "w")
        self.container.metadata["comment"] = MARK
        self.stream: Any = self.container.add_stream(CODEC, rate=like.rate)
        self.stream.height, self.stream.width, _ = shape
        self.stream.pix_fmt = "yuv420p"
        self.stream.time_base = self.stream.codec_context.time_base = like.time_base
        # A file's duration is the sum of its frames' in the order of decoding: where rates vary,
        # frames that are decoded before they are shown would make it too short.
        self.stream.codec_context.max_b_frames = 0
        self.time_base, self.last = like.time_base, -1

    def __enter__(self) -> "_Writer":
        return self

    def write(self, image_rgb_uint8: np.ndarray, seconds: Fraction) -> None:
        frame = av.VideoFrame.from_ndarray(image_rgb_uint8, format="rgb24")
        frame.pts = self.last = max(round(seconds / self.time_base), self.last + 1)
        frame.time_base = self.time_base
        with self._refusing():
            self.container.mux(self.stream.encode(frame))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.is_whole:
            try:
                with self._refusing():
                    self.container.mux(self.stream.encode())
            finally:
                self.container.close()
        if self.is_whole and (kind is None or issubclass(kind, UserError)):
            self.part.replace(self.file)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Says in a sentence that the codec takes no such picture; there is then no file."""
        try:
            yield
        except av.FFmpegError as error:
            self.is_whole = False
            with suppress(av.FFmpegError):
                self.container.close()
            height, width = self.sides
            raise UserError(
                f"{self.file} cannot be written as video of {width}x{height} pixels "
                f"({error.strerror})"
            ) from None
