"""Frames of a video file as players show them: upright, each at its time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type

from fivenets.core.errors import UserError

log = logging.getLogger(__name__)

USUAL_RATE = Fraction(25)  # frames per second, where a file does not say
WHOLE = 0.95  # part of the frames, or of the seconds, of a file that is not damaged


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

    Frames are counted, since one that comes when something moves has no rate to count by, and
    the file's duration may be its sound's.
    Raises: UserError for a file that is no video.
    """
    with _opened(path) as (container, video):
        starts, covered = [], Fraction(0)
        start = Fraction(container.start_time or 0, av.time_base)
        announced = Fraction(container.duration or 0, av.time_base)
        try:
            for packet in container.demux(video, *container.streams.audio):
                time = packet.dts if packet.pts is None else packet.pts
                if not packet.size or packet.is_discard:  # of a film that was cut, for one
                    continue
                if time is not None:
                    end = (time + (packet.duration or 0)) * packet.time_base
                    covered = max(covered, end - start)
                if packet.stream is video and _is_shown(packet):
                    starts.append(None if time is None else time * packet.time_base)
        except (av.FFmpegError, OSError):
            pass  # decoding comes to the same place, and tells which frame it was
        rate = video.average_rate or video.guessed_rate or USUAL_RATE
        base = video.time_base or 1 / rate
    timed = sorted(time for time in starts if time is not None)
    pause = max((after - before for before, after in pairwise(timed)), default=0)
    # How long the last frame is to be seen is often not written down; as long as another was.
    is_cut = covered and announced - covered > max((1 - WHOLE) * announced, pause)
    return Survey(round(len(starts) * announced / covered) if is_cut else len(starts), rate, base)


def frames(path: Path, expected: Survey) -> Iterator[Frame]:
    """Each frame that can be decoded, in order.

    Raises: UserError at one that cannot be, and at the end where many of `expected` were missing.
    """
    number, last = 0, Fraction(-1)
    try:
        with _opened(path) as (container, video):
            video.thread_type = "AUTO"
            start = Fraction(container.start_time or 0, av.time_base)
            for frame in container.decode(video):
                if frame.pts is None:
                    seconds = last + 1 / expected.rate if number else Fraction(0)
                else:
                    seconds = max(Fraction(0), frame.pts * frame.time_base - start)
                matrix = frame.side_data.get(Type.DISPLAYMATRIX)
                if matrix is not None and _is_oblique(matrix) and number == 0:
                    log.warning("%s is turned by no multiple of 90 degrees: taken as it lies", path)
                yield Frame(upright(frame.to_ndarray(format="rgb24"), matrix), seconds)
                number, last = number + 1, seconds
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        if number == 0:
            raise _no_video(path, error) from None
        line = str(error).partition("\n")[0]
        raise UserError(f"{path}: frame {number} cannot be read: {line}") from None
    # Decoders pass over what they cannot read without a word.
    if number < WHOLE * expected.frames:
        raise UserError(
            f"{path} is damaged: {number} of about {expected.frames} frames could be read"
        )


def upright(image: np.ndarray, matrix: Any) -> np.ndarray:
    """An image (h, w, 3), turned and mirrored as a display matrix says; without one, as it is.

    Args: matrix: 9 int32 (a b u c d v x y w), by which a point is shown at (ax + cy, bx + dy):
        ISO/IEC 14496-12, section 6.2.2. One of another angle than a right one changes nothing.
    """
    if matrix is None or _is_oblique(matrix):
        return image
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32).tolist()
    if a == 0:  # columns become rows
        image, across, down = image.swapaxes(0, 1), c, b
    else:
        across, down = a, d
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def _is_oblique(matrix: Any) -> bool:
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32).tolist()
    return not (b == c == 0 != a * d or a == d == 0 != b * c)


def _is_shown(packet: Any) -> bool:
    """Whether a packet holds a frame to be seen; VP8 has some that others only refer to."""
    return packet.stream.codec_context.name != "vp8" or bool(bytes(packet)[0] & 0x10)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and the stream of its film, which is not the cover that some have."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _no_video(path, error) from None
    with container:
        video = container.streams.best("video")
        if video is None or video.codec_context is None:
            raise UserError(f"{path} holds no pictures that can be decoded: expected a video")
        yield container, video


def _no_video(path: Path, error: Exception) -> UserError:
    line = str(error).partition("\n")[0]
    return UserError(f"{path} is not a video that can be read, or is damaged: {line}")
