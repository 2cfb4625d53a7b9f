"""SHA-256 of files and folders."""

import hashlib
from pathlib import Path


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
