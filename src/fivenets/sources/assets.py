"""Where bytes come from: a mirror, the public source, or (said by the caller) a built-in stand-in.

An asset is a folder of files, known by its tree digest (see `digests`), which does not depend on
how the files were packed: the same one verifies a mirror's zip and an archive that a public host
makes on the fly.
"""

import errno
import json
import logging
import lzma
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pooch
import requests

from fivenets.core.digests import sha256, tree_sha256
from fivenets.core.errors import UserError
from fivenets.sources.catalogue import Asset

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "FIVENETS_MIRROR"  # a folder, or an http(s) base URL, holding NAME.zip
SOURCES = ("auto", "real", "builtin")
CONNECT_SECONDS, READ_SECONDS = 3, 60  # an offline machine should notice at once
# What zipfile raises on such files; ValueError is of names that are no UTF-8 and seeks below 0.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, LookupError)
DAMAGED += (OverflowError, ValueError)
MAX_FILES, MAX_BYTES = 100_000, 2 * 1024**3  # of one unpacked asset


@dataclass(frozen=True)
class Origin:
    """What was used: written beside the data, and a tag on every run that used it."""

    asset: str
    origin: str  # "mirror" | "public" | "builtin" | "tfds" | "folder"
    digest: str
    licence: str
    path: Path | None = None  # the unpacked folder, or the user's own as params.yaml names it


def fetch(asset: Asset, raw_dir: Path, source: str) -> Origin | None:
    """The asset's real files, verified and unpacked under `raw_dir`, or None for the stand-in.

    Args: source: "real" refuses the stand-in, "builtin" never touches the network, "auto" takes
        the mirror, else the public source, else answers None.
    Raises: UserError where a source answers with something else than the asset, where `real`
        finds no source, or where the disk is full. Nothing half-written stays.
    """
    if source not in SOURCES:
        raise UserError(f"data.source should be one of {', '.join(SOURCES)}, it is {source!r}")
    if source == "builtin":
        return None
    folder, record = raw_dir / asset.name, raw_dir / f"{asset.name}.json"
    if record.exists() and folder.is_dir() and tree_sha256(folder) == asset.tree_sha256:
        return _origin(asset, json.loads(record.read_text())["origin"], folder)
    raw_dir.mkdir(parents=True, exist_ok=True)
    with _temporary_folder(raw_dir) as scratch:
        origin = _download(asset, scratch / "asset.zip")
        if origin is None and source == "auto":
            return None
        if origin is None:
            raise UserError(
                f"{asset.name}: no mirror and no public source answered, and data.source is real; "
                f"set {MIRROR_VARIABLE} to a mirror, or data.source to auto or builtin"
            )
        prefix = asset.public_folder if origin == "public" else ""
        unzip(scratch / "asset.zip", scratch / "files", prefix)
        if origin == "public" and asset.public_parts:
            _keep_only(scratch / "files", asset.public_parts)
        found = tree_sha256(scratch / "files")
        if found != asset.tree_sha256:
            raise UserError(
                f"{asset.name} from the {origin} is not the expected data: "
                f"tree digest {asset.tree_sha256} expected, {found} received"
            )
        (scratch / "record.json").write_text(json.dumps({"origin": origin}))
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(scratch / "files", folder)
        os.replace(scratch / "record.json", record)
    return _origin(asset, origin, folder)


def download(url: str, target: Path) -> bool:
    """Brings one file to `target`; False where its host does not answer."""
    downloader = pooch.HTTPDownloader(timeout=(CONNECT_SECONDS, READ_SECONDS), progressbar=True)
    try:
        pooch.retrieve(url, None, target.name, target.parent, downloader=downloader)
    except requests.RequestException as error:
        log.warning("%s did not answer (%s)", url, type(error).__name__)
        return False
    return True


def answers(asset: Asset) -> bool:
    """Whether a real source for the asset can be reached now; takes seconds at most."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    urls = [asset.public_url] if asset.public_url else []
    if mirror and not _is_url(mirror):
        if (Path(mirror) / f"{asset.name}.zip").is_file():
            return True
    elif mirror:
        urls.insert(0, f"{mirror.rstrip('/')}/{asset.name}.zip")
    return any(_head(url) for url in urls)


def unzip(archive: Path, folder: Path, prefix: str = "") -> None:
    """Unpacks the files below `prefix` in a zip to `folder`.

    Raises: UserError for a file that is no zip or a damaged one, for paths that leave the folder,
        links, more than MAX_FILES files or MAX_BYTES bytes, and a full disk.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [(info, _inner_path(info, prefix)) for info in zipped.infolist()]
            _check_limits(archive, [info for info, path in members if path])
            for info, path in members:
                if path:
                    target = folder / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with zipped.open(info) as packed, target.open("wb") as unpacked:
                        shutil.copyfileobj(packed, unpacked)
    except UserError:
        raise
    except DAMAGED as error:
        raise UserError(f"{archive.name} is a truncated or damaged zip: {error}") from None
    except (RuntimeError, OSError) as error:  # encrypted, odd compression; names that clash
        if _is_full_disk(error):
            raise
        raise UserError(f"{archive.name} cannot be unpacked: {error}") from None


def _keep_only(folder: Path, parts: tuple[str, ...]) -> None:
    """Removes the files below `folder` that no part names, has in it or fits."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        inside = path.relative_to(folder)
        if not any(
            inside.is_relative_to(part) or fnmatch(inside.as_posix(), part) for part in parts
        ):
            path.unlink()


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


def _check_limits(archive: Path, infos: list[zipfile.ZipInfo]) -> None:
    # zipfile stops reading a member at its declared size, so the declared sizes are the real ones.
    size = sum(info.file_size for info in infos)
    if len(infos) > MAX_FILES or size > MAX_BYTES:
        raise UserError(
            f"{archive.name} would unpack to {len(infos):,} files and {size:,} bytes: "
            f"at most {MAX_FILES:,} and {MAX_BYTES:,} are accepted"
        )


def _download(asset: Asset, target: Path) -> str | None:
    """Brings the asset's zip to `target`; answers "mirror", "public", or None."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    if mirror and _is_url(mirror):
        url = f"{mirror.rstrip('/')}/{asset.name}.zip"
        if _retrieve(url, target, asset.mirror_sha256):
            return "mirror"
    elif mirror:
        if not Path(mirror).is_dir():
            raise UserError(f"{MIRROR_VARIABLE}={mirror}: no such folder")
        packed = Path(mirror) / f"{asset.name}.zip"
        if packed.is_file():
            _check_zip(packed, packed, asset.mirror_sha256)
            shutil.copyfile(packed, target)
            return "mirror"
        log.warning("%s: the mirror has no %s.zip", asset.name, asset.name)
    if asset.public_url and _retrieve(asset.public_url, target, None):
        return "public"
    return None


def _retrieve(url: str, target: Path, zip_sha256: str | None) -> bool:
    if not download(url, target):
        return False
    _check_zip(target, url, zip_sha256)
    return True


def _check_zip(path: Path, shown: Path | str, expected_sha256: str | None) -> None:
    with path.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(f"{shown} is a web page, not a zip file")
    if expected_sha256 and (found := sha256(path)) != expected_sha256:
        raise UserError(f"{shown}: SHA-256 {expected_sha256} expected, {found} received")


def _head(url: str) -> bool:
    try:
        timeout = (CONNECT_SECONDS, CONNECT_SECONDS)
        return requests.head(url, timeout=timeout, allow_redirects=True).ok
    except requests.RequestException:
        return False


def _is_url(mirror: str) -> bool:
    return mirror.startswith(("http://", "https://"))


def _origin(asset: Asset, origin: str, folder: Path) -> Origin:
    return Origin(asset.name, origin, asset.tree_sha256, asset.licence, folder)


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder on the target's file system, gone at the end; a full disk becomes a sentence."""
    scratch = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=parent))
    try:
        yield scratch
    except OSError as error:
        if not _is_full_disk(error):
            raise
        raise UserError(f"the disk that holds {parent} is full") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_full_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
