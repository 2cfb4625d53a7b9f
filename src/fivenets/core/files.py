"""Files that are whole or not there, and paths that are checked before any work is done for them.

A name that is made up here is nobody's: it is taken only where no file, folder or link has it.
"""

import csv
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fivenets.core.errors import UserError, is_full_disk

LONGEST_OF_JPEG = 65_535  # pixels a side
GALLERY_FILE = ".fivenets-gallery.npz"  # in a folder whose pictures are people to `identify`


def expanded(path: str | Path) -> Path:
    """A path as it is written in params.yaml, in which ~ is the user's own folder.

    Raises: UserError for that of a user whom there is not, as in ~pictures for ~/pictures.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UserError(f"{path}: no such user's folder; expected ~/...") from None


def write_text(path: Path, text: str) -> None:
    """Replaces `path`, in a folder that is made where there is none, by `text` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(text)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Writes rows of one set of keys as CSV."""
    with replacing(path) as part, part.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@contextmanager
def replacing(path: Path, ending: str | None = None) -> Iterator[Path]:
    """A new file beside `path` and with its ending, which becomes `path` at the end of the block.

    After an error in the block nothing has changed. Where `path` is a link, the link is replaced
    and what it points to stays. ending: of more than one dot, such as Keras' ".weights.h5".
    """
    with scratch(path, ending) as part:
        yield part
        os.replace(part, path)


@contextmanager
def scratch(path: Path, ending: str | None = None) -> Iterator[Path]:
    """A new file beside `path` and with its ending, which is gone after the block."""
    part = _new_file(path.parent, ending or path.suffix)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A path in `folder` that nothing has yet: STEM.SUFFIX, numbered or cut short where it must be.

    folder: one that is there.
    """
    longest, number = os.pathconf(folder, "PC_NAME_MAX"), 1
    while True:
        end = suffix if number == 1 else f"-{number}{suffix}"
        cut = stem
        while cut and len(os.fsencode(cut + end)) > longest:  # in bytes; letters stay whole
            cut = cut[:-1]
        path = folder / (cut + end)
        if not os.path.lexists(path):
            return path
        number += 1


def check_file(
    file: Path,
    option: str,
    endings: tuple[str, ...],
    inputs: Iterable[Path] = (),
    makes_folder: bool = False,
) -> None:
    """Refuses, before any work, a path that cannot be written, or is one of `inputs`.

    Args: option: what the user calls it, such as "--out". endings: in lower case, with a dot.
        makes_folder: whether a folder that is missing will be made.
    Raises: UserError for another ending, a folder or device of that name, a name that is too long,
        a folder that is missing or cannot be written to, a file that the command reads, and a
        picture in a gallery.
    """
    if file.suffix.lower() not in endings:
        raise UserError(f"{option} should end in {', '.join(endings)}, it is {file}")
    if not makes_folder and not os.path.isdir(file.parent):
        raise UserError(
            f"{option} {file}: the folder {file.parent} is not there or cannot be written to"
        )
    if ".png" in endings:
        _check_in_no_gallery(file.parent, f"{option} {file}")
    with _writable(file.parent, f"{option} {file}"):
        file.is_symlink()  # an OSError where its name is too long
        if file.is_dir():
            raise UserError(f"{option} {file} is a folder: expected a file's name")
        if file.exists() and not file.is_file():
            raise UserError(f"{option} {file} is a device: expected a file's name")
        for given in inputs:
            if file.exists() and given.exists() and file.samefile(given):
                raise UserError(f"{option} {file} is read by this command: expected another name")


def write_picture(image: Any, file: Path, quality: int = 95) -> None:
    """Replaces `file` by a PIL.Image, in the format of its ending.

    Raises: UserError where it is too large for that format or cannot be written; a full disk is an
        OSError.
    """
    if file.suffix.lower() in (".jpg", ".jpeg") and max(image.size) > LONGEST_OF_JPEG:
        raise UserError(
            f"{file}: a JPEG has at most {LONGEST_OF_JPEG:,} pixels a side, this picture is "
            f"{image.width}x{image.height}: expected .png"
        )
    try:
        with replacing(file) as part:
            image.save(part, quality=quality)
    except OSError as error:
        if is_full_disk(error):
            raise
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from None


def check_folder(folder: Path, option: str, apart_from: Path | None = None) -> None:
    """Refuses, before any work, what is no folder and cannot become one, or cannot be written to.

    Raises: UserError; also where it is, or lies in, the folder that it should be apart from, or a
        gallery.
    """
    if apart_from and folder.resolve().is_relative_to(apart_from.resolve()):
        raise UserError(f"{option} {folder} should not lie in {apart_from}, which is read")
    _check_in_no_gallery(folder, f"{option} {folder}")
    with _writable(folder, f"{option} {folder}"):
        pass


def _check_in_no_gallery(place: Path, name: str) -> None:
    """Refuses what is, or lies in, a folder that `identify` has read people from.

    What is drawn there would be a picture of somebody the next time. A folder that will only become
    a gallery cannot be told from any other.
    """
    whole = Path(os.path.realpath(place))
    for folder in (whole, *whole.parents):
        if os.path.isfile(folder / GALLERY_FILE):
            raise UserError(
                f"{name} should not lie in {folder}, a gallery of `identify`, for which each "
                f"picture is of a known person; if it no longer is one, delete its {GALLERY_FILE}"
            )


@contextmanager
def _writable(folder: Path, name: str) -> Iterator[None]:
    """A block within which `folder` is there; one that was made for it goes with it.

    Whether it can be written to is tried: permissions say nothing of a disk that is read only.
    Raises: UserError about `name` for an OSError here or in the block.
    """
    made: list[Path] = []
    try:
        for path in reversed([folder, *folder.parents]):
            if not path.exists():
                path.mkdir()
                made.append(path)
        _new_file(folder).unlink()
        yield
    except OSError as error:
        raise UserError(f"{name} cannot be written to: {error.strerror}") from None
    finally:
        for path in reversed(made):
            path.rmdir()


def _new_file(folder: Path, suffix: str = "") -> Path:
    path = folder / f".fivenets-part-{uuid.uuid4().hex}{suffix}"
    path.open("x").close()  # follows no link, and has the mode that the user's own files have
    return path
