"""A stranger's HDF5 file of Keras 1 or 2 -> its description and arrays. Run by `sandbox.reading`.

What Keras never writes is refused: links, compression, arrays that are larger than the file.
"""

import encodings.ascii  # noqa: F401  # of names in HDF5; later no module can be opened
import os
import sys
from typing import Any

import h5py

from fivenets.core import sandbox

MEMORY, SECONDS = 2**30, 20  # bytes beside what the interpreter has; of processor time
MOST_ARRAYS = 10_000


def main() -> None:
    """Reads standard input; sends one message and all arrays, or one with an error."""
    with sandbox.answering(MEMORY, SECONDS):
        size = os.fstat(sys.stdin.fileno()).st_size
        with h5py.File(sys.stdin.buffer, "r") as file:
            text = file.attrs.get("model_config")
            text = text.decode() if isinstance(text, bytes) else text
            sandbox.send_arrays({"description": text}, _arrays(file, size))


def _arrays(file: h5py.File, most: int) -> list[tuple[str, h5py.Dataset]]:
    """The layer of each array, in Keras' order, and the array."""
    root, found = file.get("model_weights", file), []
    for layer in _names(root, "layer_names"):
        for path in _names(root[layer], "weight_names"):
            one = _plain(root[layer], path)
            most -= one.nbytes
            if most < 0 or len(found) == MOST_ARRAYS:
                raise ValueError(f"{path} in it is larger than the file")
            found.append((layer, one))
    return found


def _names(group: Any, key: str) -> list[str]:
    names = group.attrs.get(key)
    if names is None:
        raise ValueError(f"it has no {key}")
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _plain(group: Any, path: str) -> h5py.Dataset:
    """The array, which lies in the file as it is."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        if not isinstance(group.get("/".join(parts[:end]), getlink=True), h5py.HardLink):
            raise ValueError(f"{path} in it is a link to elsewhere")
    one = group[path]
    is_array = isinstance(one, h5py.Dataset) and one.shape is not None and one.dtype.kind == "f"
    if not is_array or one.chunks is not None or one.external or one.is_virtual:
        raise ValueError(f"{path} in it is no plain array")
    return one


if __name__ == "__main__":
    main()
