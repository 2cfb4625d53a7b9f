"""A stranger's `.keras` file -> plain JSON and arrays. Run by `sandbox.reading`, in a child.

h5py reads it and nothing of Keras. What Keras never writes is refused: links, compression, arrays
that are larger than the file that should hold them.
"""

import encodings.cp437  # noqa: F401  # of names in zip files; later no module can be opened
import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import h5py

from fivenets.core import sandbox

MEMORY = 2**30  # bytes beside what the interpreter has
SECONDS = 4  # of processor time
LARGEST_TEXT, LARGEST_WEIGHTS = 16 * 2**20, 640 * 2**20  # bytes of an entry
DEEPEST, MOST_OBJECTS = 30, 10_000  # of groups and arrays
WEIGHTS_ENTRY = "model.weights.h5"


def main() -> None:
    """Reads standard input; sends one message and all arrays, or one with an error."""
    with sandbox.answering(MEMORY, SECONDS):
        with zipfile.ZipFile(sys.stdin.buffer) as archive:
            texts = {name: _entry(archive, f"{name}.json") for name in ("config", "metadata")}
            weights = _entry(archive, WEIGHTS_ENTRY, LARGEST_WEIGHTS)
        said: dict[str, Any] = {name: content.decode() for name, content in texts.items()}
        with h5py.File(io.BytesIO(weights)) as file:
            sandbox.send_arrays(said, _arrays(file, len(weights)))


def _entry(archive: zipfile.ZipFile, name: str, largest: int = LARGEST_TEXT) -> bytes:
    with archive.open(name) as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{name} in it has more than {largest // 2**20} MiB")
    return content


def _arrays(file: h5py.File, most: int) -> Iterator[tuple[str, h5py.Dataset]]:
    """Path and array of each, at most `most` bytes of them."""
    objects, waiting = 0, [("", file["/"], 0)]
    while waiting:
        path, group, depth = waiting.pop()
        for name in group:
            objects += 1
            if depth >= DEEPEST or objects > MOST_OBJECTS:
                raise ValueError("its groups are too deep or too many")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{path}{name} in it is a link to elsewhere")
            one = group[name]
            if isinstance(one, h5py.Group):
                waiting.append((f"{path}{name}/", one, depth + 1))
                continue
            if not isinstance(one, h5py.Dataset) or not _is_plain(one):
                raise ValueError(f"{path}{name} in it is no plain array")
            most -= one.nbytes
            if most < 0:
                raise ValueError(f"{path}{name} in it is larger than the file")
            yield f"{path}{name}", one


def _is_plain(one: h5py.Dataset) -> bool:
    """Whether it is numbers that lie in the file as they are, as Keras writes them."""
    is_here = one.chunks is None and not one.external and not one.is_virtual
    return one.shape is not None and one.dtype.kind in sandbox.KINDS and is_here


if __name__ == "__main__":
    main()
