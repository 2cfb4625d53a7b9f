"""Pictures of people before they are prepared: read, cut and compared one part at a time.

Nothing here holds a whole data set in memory. Many pictures are worked on by several processes.
"""

import logging
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image

log = logging.getLogger(__name__)

TRAIN, TEST = "train", "test"
CHUNK = 50  # pictures given to a process at once
FEW = 500  # pictures below which starting processes takes longer than it saves
MOST_PROCESSES = 8  # each holds the detector and a chunk
MOST_PIXELS = 32_000_000  # of pictures that a process holds at once
SAID_EVERY = 15.0  # seconds between lines of progress

# Pictures, their names -> face crops, or what is wrong with a picture.
Align = Callable[[Sequence[np.ndarray], Sequence[str]], list[np.ndarray | UserError]]
Found = TypeVar("Found")


@dataclass(frozen=True)
class FaceExample:
    """A picture, a file or (height, width, 3) uint8, and who is on it."""

    picture: Path | np.ndarray
    person: str
    name: str
    part: str = ""  # TRAIN or TEST where the data set says it

    def pixels(self) -> np.ndarray | UserError:
        """The picture, or what is wrong with it."""
        try:
            return read_image(self.picture)
        except UserError as error:
            return error


def cut(align: Align, examples: Sequence[FaceExample]) -> list[np.ndarray | UserError]:
    """The face in each picture; some pictures at a time, so that large ones fit into memory."""
    found: list[np.ndarray | UserError] = []
    waiting: list[tuple[int, np.ndarray]] = []

    def align_waiting() -> None:
        names = [examples[row].name for row, _ in waiting]
        faces = align([pixels for _, pixels in waiting], names) if waiting else []
        for (row, _), face in zip(waiting, faces, strict=True):
            found[row] = face
        waiting.clear()

    for row, example in enumerate(examples):
        pixels = example.pixels()
        found.append(pixels)
        if not isinstance(pixels, UserError):
            waiting.append((row, pixels))
        if sum(picture.size for _, picture in waiting) > 3 * MOST_PIXELS:
            align_waiting()
    align_waiting()
    return found


def whole(pictures: Sequence[np.ndarray], names: Sequence[str]) -> list[np.ndarray | UserError]:
    """An `Align` that leaves pictures as they are."""
    return list(pictures)


def digests_of(examples: Sequence[FaceExample]) -> list[str | UserError]:
    """The digest of each picture's pixels, or what is wrong with it."""
    found = [one.pixels() for one in examples]
    return [one if isinstance(one, UserError) else picture_digest(one) for one in found]


def picture_digest(image_rgb_uint8: np.ndarray) -> str:
    """SHA-256 of a picture's pixels and shape: the same in whatever lossless format it is kept."""
    return sha256(str(image_rgb_uint8.shape).encode() + image_rgb_uint8.tobytes())


def in_order(
    work: Callable[[Sequence[FaceExample]], list[Found]], examples: Any, doing: str
) -> Iterator[Found]:
    """What `work` makes of each example, in their order, by several processes where it pays.

    Args: work: on a chunk of examples; a function of a module, which should import no TensorFlow,
        as each process would have its own. examples: anything of a length that
        can be gone through again and again. doing: what is done, for lines of progress.
    """
    total, started, said = len(examples), 0.0, time.monotonic()
    for done, found in enumerate(_chunks(work, iter(examples), total), 1):
        yield found
        now = time.monotonic()
        started = started or now  # with the first answer: processes take seconds to start
        if now - said > SAID_EVERY or (done == total and total >= FEW):
            said, rate = now, done / max(now - started, 1e-3)
            left = f", {(total - done) / rate:.0f} s left" if done < total else ""
            log.info("%s: %s of %s, %.0f a second%s", doing, f"{done:,}", f"{total:,}", rate, left)


def _chunks(
    work: Callable[[Sequence[FaceExample]], list[Found]],
    examples: Iterator[FaceExample],
    total: int,
) -> Iterator[Found]:
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    if total < FEW or processes == 1:
        while chunk := list(islice(examples, CHUNK)):
            yield from work(chunk)
        return
    # Not forked: a copy of TensorFlow's threads would stand still.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_begin)
    waiting: deque[Any] = deque()
    try:
        while chunk := list(islice(examples, CHUNK)):
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > 2 * processes:  # no more than this is held
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Gives a process an end with its parent's."""
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        if parent:
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
