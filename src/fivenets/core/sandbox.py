"""A child process that reads a stranger's file, and tells this one what is in it.

It gets the open file as its standard input and answers on its standard output, in messages: eight
bytes that say how long it is, a JSON object, and the bytes of arrays that the object announces.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from fivenets.core import confinement
from fivenets.core.errors import UserError

LONGEST_MESSAGE = 64 * 2**20  # bytes of a JSON object
SILENCE = 60.0  # seconds
PIPE = 2**20  # bytes that Linux may hold of what is being said
SOURCES = Path(__file__).parents[2]
KINDS = "biuf"  # of the numbers in arrays, as NumPy names them


class UntrustedFile(type(Path())):
    """The path of a file from who knows where, whose bytes only a child process may read."""


class Child:
    """What the parent holds of it. Errors are of the file at `path`: one sentence."""

    def __init__(self, path: Path, process: subprocess.Popen, unusable: str, silence: float):
        assert process.stdout
        self.path, self.process, self.unusable, self.silence = path, process, unusable, silence
        self._pipe = process.stdout.fileno()

    def message(self) -> dict[str, Any]:
        """The next JSON object.

        Raises: UserError where the child says why there is none, or dies, or is silent for long.
        """
        length = int.from_bytes(self._exactly(8))
        if length > LONGEST_MESSAGE:
            raise self.error("it says too much")
        try:
            said = json.loads(bytes(self._exactly(length)))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise self.error("it makes no sense")
        if "sentence" in said:
            raise UserError(f"{self.path}{_first_line(said['sentence'])}")
        if "error" in said:
            raise self.error(str(said["error"]))
        return said

    def array(self, dtype: str, shape: Sequence[int], most: int) -> np.ndarray:
        """The array that the message before has announced, of at most `most` bytes.

        Raises: UserError, as `message` does.
        """
        sides = [side for side in shape if isinstance(side, int) and side >= 0]
        with self.making_sense():
            kind = np.dtype(dtype)
            if kind.kind not in KINDS:
                raise ValueError(dtype)
        size = kind.itemsize
        for side in sides:  # of Python's integers, which do not overflow
            size *= side
        if len(sides) != len(shape) or size > most:
            raise self.error("an array of it is too large")
        content = self._exactly(size)
        with self.making_sense():  # NumPy has a largest side, and a largest number of them
            return np.frombuffer(content, kind).reshape(sides)

    def arrays(self, said: dict[str, Any], most: int) -> Iterator[tuple[str, np.ndarray]]:
        """Name and array of all that `said` has announced, of at most `most` bytes together.

        Raises: UserError, as `message` does.
        """
        with self.making_sense():
            announced = [(str(one), str(kind), list(shape)) for one, kind, shape in said["arrays"]]
        for name, dtype, shape in announced:
            self.message()
            array = self.array(dtype, shape, most)
            most -= array.nbytes
            yield name, array

    def error(self, why: str) -> UserError:
        return UserError(f"{self.path} {self.unusable}: {_first_line(why.strip())}")

    @contextmanager
    def making_sense(self) -> Iterator[None]:
        """A block that takes a message apart, which may be another than expected."""
        try:
            yield
        except (ArithmeticError, LookupError, SyntaxError, TypeError, ValueError):
            raise self.error("it makes no sense") from None

    def _exactly(self, size: int) -> bytearray:
        found = bytearray(size)
        left, deadline = memoryview(found), time.monotonic() + self.silence
        while left:
            if not select.select([self._pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                raise self.error(f"its reader was silent for {self.silence:.0f} s")
            count = os.readv(self._pipe, [left])
            if not count:
                raise self.error(self._death())
            left, deadline = left[count:], time.monotonic() + self.silence
        return found

    def _death(self) -> str:
        """Why nothing comes any more."""
        code = self.process.wait()
        if code == -signal.SIGXCPU:
            return "reading it takes too long"
        return f"its reader died of {signal.Signals(-code).name}" if code < 0 else "it ends early"


@contextmanager
def reading(
    path: Path,
    module: str,
    unusable: str,
    arguments: Sequence[str] = (),
    silence: float = SILENCE,
) -> Iterator[Child]:
    """A child that runs `module` on the file; it is gone after the block.

    Args: unusable: what a sentence about the path says before the reason. silence: seconds in which
        the child has to say something.
    Raises: UserError where there is no such file.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    command = [sys.executable, "-s", "-P", "-m", module, *arguments]
    # Of the environment, which may hold passwords, nothing; and one thread, which starts quicker.
    environment = {"PYTHONPATH": str(SOURCES), "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    with stream:
        process = subprocess.Popen(
            command,
            stdin=stream,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
    try:
        _widen(process.stdout)
        yield Child(path, process, unusable, silence)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def answering(memory: int, seconds: int) -> Iterator[None]:
    """A block of the child, confined to so many bytes and seconds, whose error becomes a message.

    Raises: nothing, as libraries name no kinds for what is wrong with a damaged file.
    """
    confinement.leave_network()
    confinement.confine(memory, seconds)
    try:
        yield
    except MemoryError:
        send({"error": f"reading it takes more than {memory // 2**20} MiB"})
    except Exception as error:
        send({"error": str(error) or type(error).__name__})


def send(said: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    """Says it: called by the child."""
    content = json.dumps(said).encode()
    sys.stdout.buffer.write(len(content).to_bytes(8) + content)
    for array in arrays:
        sys.stdout.buffer.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    sys.stdout.buffer.flush()


def send_arrays(said: dict[str, Any], named: Iterable[tuple[str, Any]]) -> None:
    """Says it, and all arrays, which may be those of an open HDF5 file: read by `Child.arrays`."""
    named = list(named)
    send(said | {"arrays": [[name, one.dtype.str, one.shape] for name, one in named]})
    for _, one in named:
        send({}, [np.asarray(one[()])])


def _first_line(text: Any) -> str:
    return str(text).partition("\n")[0][:300]


def _widen(pipe: IO[bytes] | None) -> None:
    import fcntl

    if pipe and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # a user may have used up what all pipes together may hold
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
