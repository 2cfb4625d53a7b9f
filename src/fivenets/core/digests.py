"""SHA-256 of files and folders."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def tree_sha256(folder: Path) -> str:
    """Digest of all files below `folder`, as `files_sha256`; links to folders are not followed."""
    return files_sha256(folder, filter(Path.is_file, folder.rglob("*")))


def files_sha256(folder: Path, files: Iterable[Path]) -> str:
    """Digest of some files below `folder`: their contents and relative paths.

    The SHA-256 over the lines `<sha256 of the file>  <path>`, sorted by path.
    """
    named = sorted((file.relative_to(folder).as_posix(), file) for file in files)
    # A name need not be UTF-8: its own bytes then.
    lines = "".join(f"{sha256(file)}  {name}\n" for name, file in named)
    return sha256(lines.encode(errors="surrogateescape"))


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
