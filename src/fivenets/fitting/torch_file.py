"""The arrays of a file that `torch.save` wrote, in its format before version 1.6.

Such a file is five pickles and then the numbers. What a pickle may call is not run but replaced:
only the few names that describe an array are known here.
"""

import io
import math
import pickle
import pickletools
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.errors import UserError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
MOST_PLACES = 100_000  # in a pickle's memory; 296 arrays take some 3,000
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _View:
    """Numbers of a storage, of which the file has the numbers later."""

    storage: tuple[str, np.dtype]  # its key, and what it holds
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def arrays(file: Path) -> dict[str, np.ndarray]:
    """The arrays by name, in the file's order.

    Raises: UserError where the file is of another format, cut off, or holds something else.
    """
    stream = io.BytesIO(file.read_bytes())
    try:
        magic, protocol, _ = (_loaded(stream) for _ in range(3))
        if (magic, protocol) != (MAGIC, PROTOCOL):
            raise ValueError("another magic number or protocol")
        views, keys = _loaded(stream), _loaded(stream)
        types = dict(view.storage for view in views.values())
        storages = {key: _numbers(stream, types[key]) for key in keys}
        return {name: _array(view, storages[view.storage[0]]) for name, view in views.items()}
    # Of any kind: a pickle is a program, and what it is given may be anything.
    except Exception as error:
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UserError(f"{file} is not a file of PyTorch's arrays ({what})") from None


def _loaded(stream: io.BytesIO) -> Any:
    """What the next pickle holds."""
    start = stream.tell()
    for opcode, argument, _ in pickletools.genops(stream):
        # Python makes room for all places up to the one that is named.
        if opcode.name.endswith("PUT") and int(argument or 0) > MOST_PLACES:
            raise ValueError("it remembers too much")
    stream.seek(start)
    return _Reader(stream).load()


class _Reader(pickle.Unpickler):
    """Knows arrays and dictionaries of them, and calls nothing."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, start, shape, strides, *_: _View(storage, start, shape, strides)
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"it calls {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype]:
        kind, dtype, key, *_ = pid
        if kind != "storage" or dtype not in TYPES.values():
            raise pickle.UnpicklingError("it refers to what is no storage of numbers")
        return key, dtype


def _numbers(stream: io.BytesIO, dtype: np.dtype) -> np.ndarray:
    (count,) = struct.unpack("<q", stream.read(8))
    return np.frombuffer(stream.read(count * dtype.itemsize), dtype, count)


def _array(view: _View, storage: np.ndarray) -> np.ndarray:
    last = sum((side - 1) * step for side, step in zip(view.shape, view.strides, strict=True))
    if math.prod(view.shape) > len(storage):
        raise ValueError("an array has more numbers than there are")
    if min((0, view.start, *view.strides)) < 0 or view.start + last >= len(storage):
        raise ValueError("an array reaches beyond its numbers")
    steps = [step * storage.itemsize for step in view.strides]
    return np.lib.stride_tricks.as_strided(storage[view.start :], view.shape, steps).copy()
