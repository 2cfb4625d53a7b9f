"""SHA-256 of files and folders."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def tree_sha256(folder: Path) -> str:
    """Digest of the files below `folder`: their contents and relative paths.

    The SHA-256 over the lines `<sha256 of the file>  <path>`, sorted by path.
    """
    files = sorted(
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()
    )
    return sha256("".join(f"{sha256(path)}  {name}\n" for name, path in files).encode())


def sha256(content: bytes | Path) -> str:
    """Hexadecimal SHA-256 of bytes or of a file."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def arrays_sha256(arrays: Iterable[np.ndarray]) -> str:
    """Digest of arrays in their order: of each its kind, its shape and its values."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
