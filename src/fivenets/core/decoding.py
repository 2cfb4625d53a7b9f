"""A video file -> frames. Run by `footage`, in a child: standard input is a stranger's file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import av.audio.stream  # these three: PyAV imports them when it first meets such a stream
import av.subtitles.codeccontext
import av.subtitles.stream
import numpy as np
from av.sidedata.sidedata import Type

from fivenets.core import confinement, sandbox
from fivenets.core.images import MAX_PIXELS

MEMORY = 4 * 2**30  # bytes beside what the interpreter has, of which threads reserve most
SURVEY_SECONDS = 60  # of processor time; decoding takes as long as the film is
THREADS = 4
USUAL_RATE = Fraction(25)  # frames per second, where a file does not say
WHOLE = 0.95  # part of the seconds of a file that is not damaged
# FFmpeg has hundreds of readers, most of which nobody has looked at for years. These are what
# telephones, cameras, browsers, screen recorders and editors write.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flv", "mpeg", "mpegts", "mpegvideo", "ogg",
    "asf",
)  # fmt: skip
DECODERS = (
    "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "msmpeg4v3",
    "mpeg1video", "mpeg2video", "h263", "flv", "mjpeg", "theora", "wmv1", "wmv2", "wmv3", "vc1",
    "prores", "ffv1", "rawvideo", "png",
)  # fmt: skip
# Sound is not decoded; how long a packet of it lasts, FFmpeg asks of its decoder.
SOUND = (
    "aac", "ac3", "adpcm_ima_wav", "adpcm_ms", "alac", "amrnb", "amrwb", "eac3", "flac", "mp2",
    "mp2float", "mp3", "mp3float", "opus", "libopus", "pcm_alaw", "pcm_mulaw", "pcm_s16be",
    "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_u8", "vorbis", "wmapro", "wmav1", "wmav2",
)  # fmt: skip
OPTIONS = {
    "format_whitelist": ",".join(CONTAINERS),
    "codec_whitelist": ",".join(DECODERS + SOUND),
}


class Refused(ValueError):  # noqa: N818  # the parent makes it a sentence
    """What follows the file's name in a sentence."""


def main() -> None:
    """Sends a survey or the file's comment, or each frame with a message of its own and an end."""
    what = sys.argv[1]
    confinement.leave_network()
    confinement.confine(MEMORY, SURVEY_SECONDS if what in ("survey", "comment") else None)
    try:
        if what == "survey":
            sandbox.send(survey())
        elif what == "comment":
            with _opened() as (container, _):
                sandbox.send({"comment": container.metadata.get("comment")})
        else:
            for said, image in frames(Fraction(what)):
                sandbox.send(said, [image])
            sandbox.send({"end": True})
    except Refused as error:
        sandbox.send({"sentence": str(error)})
    except MemoryError:
        sandbox.send({"error": "reading it takes too much memory"})
    except (av.FFmpegError, OSError, ValueError) as error:
        sandbox.send({"error": getattr(error, "strerror", None) or str(error)})


def survey() -> dict[str, Any]:
    """What the packets say.

    Frames are counted, since one that comes when something moves has no rate to count by, and
    the file's duration may be its sound's.
    """
    with _opened() as (container, video):
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
    count = round(len(starts) * announced / covered) if is_cut else len(starts)
    return {"frames": count, "rate": str(rate), "time_base": str(base)}


def frames(rate: Fraction) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Each frame that can be decoded, (height, width, 3) uint8, and what is said of it."""
    number, last = 0, Fraction(-1)
    try:
        with _opened() as (container, video):
            video.thread_type, video.codec_context.thread_count = "AUTO", THREADS
            start = Fraction(container.start_time or 0, av.time_base)
            for frame in container.decode(video):
                if frame.width * frame.height > MAX_PIXELS:
                    raise Refused(f" has frames of over {MAX_PIXELS // 10**6} million pixels")
                if frame.pts is None:
                    seconds = last + 1 / rate if number else Fraction(0)
                else:
                    seconds = max(Fraction(0), frame.pts * frame.time_base - start)
                matrix = frame.side_data.get(Type.DISPLAYMATRIX)
                is_oblique = matrix is not None and _is_oblique(matrix) and number == 0
                image = upright(frame.to_ndarray(format="rgb24"), matrix)
                said = {"seconds": str(seconds), "sides": image.shape[:2]}
                yield said | ({"is_oblique": True} if is_oblique else {}), image
                number, last = number + 1, seconds
    except (av.FFmpegError, OSError, ValueError) as error:
        if number == 0 or isinstance(error, Refused):
            raise
        line = str(error).partition("\n")[0]
        raise Refused(f": frame {number} cannot be read: {line}") from None


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
def _opened() -> Iterator[tuple[Any, Any]]:
    """The container and the stream of its film, which is not the cover that some have."""
    with av.open(sys.stdin.buffer, options=OPTIONS) as container:
        video = container.streams.best("video")
        if video is None or video.codec_context is None:
            raise Refused(" holds no pictures that can be decoded: expected a video")
        codec = video.codec_context.name
        if codec not in DECODERS:
            raise Refused(f" is a video in {codec}, which is not read: expected one in H.264")
        yield container, video


if __name__ == "__main__":
    main()
