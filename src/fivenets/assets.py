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

from fivenets.digests import sha256, tree_sha256
from fivenets.errors import UserError

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "FIVENETS_MIRROR"  # a folder, or an http(s) base URL, holding NAME.zip
SOURCES = ("auto", "real", "builtin")
CONNECT_SECONDS, READ_SECONDS = 3, 60  # an offline machine should notice at once
MAX_FILES, MAX_BYTES = 100_000, 2 * 1024**3  # of one unpacked asset


@dataclass(frozen=True)
class Asset:
    """One folder of real data, and where it can be had."""

    name: str
    tree_sha256: str
    mirror_sha256: str  # of NAME.zip in a mirror
    public_url: str  # of a zip
    public_folder: str  # the part of that zip which is the asset
    licence: str
    # Files, folders and patterns of files in it that are the asset; none: all.
    public_parts: tuple[str, ...] = ()


ASSETS = {
    asset.name: asset
    for asset in (
        Asset(
            name="signs",
            tree_sha256="61e52a24daf4179fbae5006c1a2236d0a2e84a791756e17164fbabd679ed863f",
            mirror_sha256="c6ab9e33f41fc59d76a37fe106e0a260516c8385c939bf7645e90e883be9b039",
            public_url="https://github.com/littlecapa/pytorch_template/archive/"
            "3daa5f934b878f2e42cc27cd1bdf09ce1b8003f0.zip",
            public_folder="pytorch_template-3daa5f934b878f2e42cc27cd1bdf09ce1b8003f0/"
            "data/64x64_SIGNS",
            licence="course data, published without a licence: do not redistribute",
        ),
        Asset(
            name="yolo_lite",
            tree_sha256="d1910c4b697e13950bce120c0e250aa90c574eb7f378f5d6ab31d18b8603cb36",
            mirror_sha256="39847d54d500a243896a2c9c198fb0afba5489f18ba12fc8f82a39e78a26c612",
            public_url="https://github.com/reu2018DL/YOLO-LITE/archive/"
            "5a96f4fd88c9bfdfdf7bd96d931d8cb8ff82effc.zip",
            public_folder="YOLO-LITE-5a96f4fd88c9bfdfdf7bd96d931d8cb8ff82effc",
            licence="see github.com/reu2018DL/YOLO-LITE",
            public_parts=(
                "README.md",
                "cfg/tiny-yolov2-trial3-noBatch.cfg",
                "cococfg/trial6.cfg",
                "cocoweights/trial6_653550.weights",
                "weights/tiny-yolov2-trial3-noBatch.weights",
            ),
        ),
        Asset(
            name="darknet",
            tree_sha256="bc6595cf8c75ef3f05c17fac5dd0adf91960002d965f98d23d6b1c8595b04e4e",
            mirror_sha256="73e607b5f07f1ef419669beab09ad47a957d4b2d1d8f5a8e666dcfb4c99938ca",
            public_url="https://github.com/pjreddie/darknet/archive/"
            "f6afaabcdf85f77e7aff2ec55c020c0e297c77f9.zip",
            public_folder="darknet-f6afaabcdf85f77e7aff2ec55c020c0e297c77f9",
            licence="public domain",
            public_parts=(
                "LICENSE",
                *(f"cfg/{name}.cfg" for name in ("yolov2", "yolov2-voc")),
                *(f"cfg/{name}.cfg" for name in ("yolov2-tiny", "yolov2-tiny-voc")),
                *(f"data/{name}" for name in ("coco.names", "voc.names")),
                *(f"data/{name}.jpg" for name in ("dog", "horses", "person")),
            ),
        ),
        Asset(
            name="bccd",
            tree_sha256="0747417630782adf981f9198ef1f4ad3a0f2036530d358b2f83efc4b7661fa4d",
            mirror_sha256="582da62f61f99f9f48c09d39114dcb33b333c21b2af9911a6c163fa9e30febac",
            public_url="https://github.com/Shenggan/BCCD_Dataset/archive/"
            "d272fb14cdff6e473fafeeeba32aba5f560e9e43.zip",
            public_folder="BCCD_Dataset-d272fb14cdff6e473fafeeeba32aba5f560e9e43",
            licence="MIT",
            public_parts=("BCCD", "LICENSE", "README.md"),
        ),
        Asset(
            name="att_faces",
            tree_sha256="ef35cc79290c0a2624c9b47885803ac8f36b6241a0c5279ff3023e6eb36a8c5c",
            mirror_sha256="c80e5a2342e1488417e463d3890d107294705a6bc9ad9baf87de1049a7f2bcf6",
            public_url="https://github.com/ChiTatZhang/server_graduate/archive/"
            "0493bc9ab41f854477d891d1553ffce41918e8ae.zip",
            public_folder="server_graduate-0493bc9ab41f854477d891d1553ffce41918e8ae/att_faces",
            licence="free with credit to AT&T Laboratories Cambridge",
            public_parts=("s*/*.pgm",),  # other people's pictures stand beside them
        ),
        Asset(
            name="lfw10",
            tree_sha256="b971330075cc295dfc1608f09918f4a471f16207579beafa9d9bc2c071bb1667",
            mirror_sha256="33acbc5bc3389180216c99b22ac390d2735f4498b335a913421b357e3fad20db",
            public_url="https://github.com/krasserm/face-recognition/archive/"
            "363e4ec0f700e74b2ea7abceba289390d29dd43f.zip",
            public_folder="face-recognition-363e4ec0f700e74b2ea7abceba289390d29dd43f/images",
            licence="research use (Labeled Faces in the Wild)",
            public_parts=("*/*.jpg",),
        ),
        Asset(
            name="face_api_resnet",
            tree_sha256="bc6d149034ddf990d8f429d92c15e77664926ad8a733dc490336538c277c37c4",
            mirror_sha256="4abadfa9821bca32e456150096909b96f5a98c1b59dc1ef611c5a032a1ba36b1",
            # The fork that keeps the two shards of justadudewhohacks/face-api.js as one file.
            public_url="https://github.com/vladmandic/face-api/archive/"
            "ad61f77ea2962809bed52b5b18966fea80ab1273.zip",
            public_folder="face-api-ad61f77ea2962809bed52b5b18966fea80ab1273",
            licence="MIT; weights CC0",
            public_parts=("LICENSE", "model/face_recognition_model*"),
        ),
    )
}


@dataclass(frozen=True)
class Origin:
    """What was used: written beside the data, and a tag on every run that used it."""

    asset: str
    origin: str  # "mirror" | "public" | "builtin" | "tfds" | "folder"
    digest: str
    licence: str
    path: Path | None = None  # the unpacked folder; None for a built-in


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
    urls = [asset.public_url]
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
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
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
    if info.is_dir() or not path.parts or not path.is_relative_to(prefix):
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
    if _retrieve(asset.public_url, target, None):
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
