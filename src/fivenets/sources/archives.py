"""Zips of strangers: unpacked below one folder within limits, or refused."""

import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from fivenets.core.errors import UserError, is_full_disk

# What zipfile raises on such files; ValueError: names not in UTF-8, seeks below 0.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, LookupError)
DAMAGED += (OverflowError, ValueError)
MAX_FILES, MAX_BYTES = 100_000, 2 * 1024**3  # of one unpacked asset


def unzip(archive: Path, folder: Path, prefix: str = "", parts: Sequence[str] = ()) -> None:
    """Unpacks the files below `prefix` in a zip to `folder`.

    Args: parts: of those files, only what one of these names, holds or fits as a pattern.
    Raises: UserError for a file that is no zip or a damaged one, for paths that leave the folder,
        links, and more than MAX_FILES files or MAX_BYTES bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [(info, _inner_path(info, prefix)) for info in zipped.infolist()]
            wanted = [(info, path) for info, path in members if path and _is_part(path, parts)]
            _check_limits(archive, [info for info, _ in wanted])
            for info, path in wanted:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(info) as packed, target.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
    except DAMAGED as error:
        raise UserError(f"{archive.name} is a truncated or damaged zip: {error}") from None
    except (RuntimeError, OSError) as error:  # encrypted, odd compression; names that clash
        if is_full_disk(error):
            raise
        raise UserError(f"{archive.name} cannot be unpacked: {error}") from None


def _inner_path(info: zipfile.ZipInfo, prefix: str) -> PurePosixPath | None:
    """The member's path below `prefix`; None for folders and what lies elsewhere."""
    path = PurePosixPath(info.filename)
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in info.filename
        or ":" in "".join(path.parts[:1])
    ):
        raise UserError(f"zip member {info.filename!r} leaves the folder: refused")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UserError(f"zip member {info.filename!r} is a link: refused")
    # Not `is_dir`, which takes the last letter even of an empty name.
    if info.filename.endswith("/") or not path.parts or not path.is_relative_to(prefix):
        return None
    return path.relative_to(prefix)


def _is_part(path: PurePosixPath, parts: Sequence[str]) -> bool:
    return not parts or any(
        path.is_relative_to(part) or fnmatch(path.as_posix(), part) for part in parts
    )


def _check_limits(archive: Path, infos: list[zipfile.ZipInfo]) -> None:
    # zipfile stops reading a member at its declared size, so the declared sizes are the real ones.
    size = sum(info.file_size for info in infos)
    if len(infos) > MAX_FILES or size > MAX_BYTES:
        raise UserError(
            f"{archive.name} would unpack to {len(infos):,} files and {size:,} bytes: "
            f"at most {MAX_FILES:,} and {MAX_BYTES:,} are accepted"
        )
