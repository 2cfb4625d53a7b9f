"""Which pictures a user's folder holds, and what was left out of it and why: one answer for all.

Folders are searched at any depth, also behind links. What is hidden or a system's own is left out.
A picture is known by its ending or, where that says nothing, by its first bytes.
"""

import logging
import os
import stat
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fivenets.core import images
from fivenets.core.digests import files_sha256, sha256
from fivenets.core.errors import UserError, printable

log = logging.getLogger(__name__)

SHOWN = 3  # names in a sentence, of each reason
# After a dot or two, such as a gallery's embeddings: left out without a word.
OWN_FILES = "fivenets-"
# In any case: what Windows, macOS, Synology, QNAP and Linux leave in folders; dots hide the rest.
SYSTEM_NAMES = {
    "#recycle", "#snapshot", "$recycle.bin", "@eadir", "@recycle", "__macosx", "desktop.ini",
    "ehthumbs.db", "icon\r", "lost+found", "system volume information", "thumbs.db",
}  # fmt: skip
VIDEO_SUFFIXES = {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"}
VIDEO_SUFFIXES |= {".mpg", ".mts", ".ogv", ".webm", ".wmv"}
ASIDE_SUFFIXES = {".bak", ".crdownload", ".download", ".old", ".part", ".partial", ".thm", ".tmp"}

HIDDEN = "hidden or a system's own"
NO_PICTURE = "not pictures"
RAW = "raw files of a camera, which are not read: save them as JPEG"
HEIF = "HEIC, for which the package pillow-heif is needed"
ASIDE = "backups, thumbnails or unfinished downloads by their ending"
DANGLING = "links to nothing"
AGAIN = "links to a folder that is listed already or holds this one"
LOCKED = "not allowed to be read"
SPECIAL = "neither files nor folders"
LOOSE = "beside the folders and in none"
EMPTY = "folders without a picture"


@dataclass(frozen=True)
class Listing:
    """The pictures in a folder, in the order of their paths, and the names of what was left out.

    Such a name, and what `name` answers, is the path from the folder on.
    """

    folder: Path
    files: list[Path]
    left_out: dict[str, list[str]]  # by reason

    def name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def folders(self, file: Path) -> tuple[str, ...]:
        """The names of the folders that a file lies in, from this one on."""
        return file.relative_to(self.folder).parts[:-1]

    def by_label(self) -> dict[str, list[Path]]:
        """The pictures of each folder directly below this one, at any depth."""
        found: dict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            found[self.folders(file)[0]].append(file)
        return dict(found)

    def only(self, is_kept: Callable[[Path], bool], reason: str) -> "Listing":
        """The same with those pictures only, and the others left out for `reason`."""
        others = [self.name(file) for file in self.files if not is_kept(file)]
        left_out = self.left_out | {reason: others} if others else self.left_out
        return Listing(self.folder, list(filter(is_kept, self.files)), left_out)

    def digest(self) -> str:
        """SHA-256 over the names and contents of exactly these pictures; see `digests`."""
        return files_sha256(self.folder, self.files)

    def sentence(self, under: str = "") -> str:
        """What was left out and why, in one line; empty where nothing was.

        Args: under: a folder's name, of which only what is in it or around it is said.
        """
        parts = []
        for reason, every in self.left_out.items():
            if names := [name for name in every if not under or _is_in_or_around(name, under)]:
                shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
                parts.append(f"{reason} ({len(names):,}: {shown})")
        return printable(f"{self.folder}: left out: {'; '.join(parts)}") if parts else ""

    def say(self) -> None:
        """Logs `sentence`, where there is one."""
        if sentence := self.sentence():
            log.warning("%s", sentence)

    def say_labels(self) -> None:
        """Logs `sentence`, and labels that are two although one may be meant."""
        self.say()
        for group in alike(self.by_label()):
            log.warning("%s: %s", self.folder, taken_apart(group))


def listed(
    folder: Path,
    also: Callable[[Path], bool] = lambda file: False,
    leave_out: Callable[[Path], str | None] = lambda path: None,
) -> Listing:
    """All pictures below a folder.

    Args: also: files to take besides pictures, such as videos. leave_out: why a file or folder that
        would be taken is left out, or None.
    Raises: UserError where it is no folder or may not be read.
    """
    files, left_out = [], defaultdict(list)
    for path, fault in _walk(folder, leave_out):
        fault = fault or (None if also(path) else _fault(path)) or leave_out(path)
        if fault:
            left_out[fault].append(path.relative_to(folder).as_posix())
        else:
            files.append(path)
    return Listing(folder, sorted(files), {fault: sorted(left_out[fault]) for fault in left_out})


def labelled(folder: Path) -> Listing:
    """The pictures in the folders below a folder: `<label>/<picture>`, `<label>/2023/<picture>`.

    Raises: UserError as `listed`.
    """
    found = listed(folder)
    found = found.only(lambda file: bool(found.folders(file)), LOOSE)
    labels = found.by_label()
    empty = [name for name in folders(folder) if name not in labels]
    left_out = found.left_out | {EMPTY: empty} if empty else found.left_out
    return Listing(folder, found.files, left_out)


def alike(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ in capitals or in Unicode form only, as é in names from a Mac."""
    groups = defaultdict(list)
    for name in sorted(names):
        groups[unicodedata.normalize("NFC", name).casefold()].append(name)
    return [group for group in groups.values() if len(group) > 1]


def taken_apart(group: list[str]) -> str:
    """A sentence about one group of `alike`."""
    names = " and ".join(group)
    return f"{names} differ in capitals or Unicode form only: they are taken as {len(group)}"


def digest(path: Path) -> str | None:
    """What a user's file or folder of pictures holds, as a SHA-256; None where there is none."""
    if os.path.isdir(path):
        return listed(path).digest()
    return sha256(path) if os.path.isfile(path) else None


def everything(folder: Path) -> Listing:
    """All files below a folder but what is hidden or a system's, pictures or not."""
    return listed(folder, also=lambda file: True)


def folders(folder: Path) -> list[str]:
    """The names of the folders directly below a folder that are not hidden."""
    inside = (path for path in folder.iterdir() if not _is_hidden(path))
    return sorted(path.name for path in inside if os.path.isdir(path))


def _walk(
    folder: Path, leave_out: Callable[[Path], str | None]
) -> Iterable[tuple[Path, str | None]]:
    """Each file below a folder, and each path that is not gone into, with the reason."""
    seen = {_identity(place.stat()) for place in folder.resolve().parents}
    # Links come last: of a folder that is there twice, the real one is listed.
    places, links = deque([folder]), deque()
    while places or links:
        place = places.popleft() if places else links.popleft()
        try:
            here = _identity(place.stat())
            inside = sorted(place.iterdir())
        except OSError as error:
            if place == folder:
                raise UserError(f"{folder} cannot be listed: {error.strerror}") from None
            yield place, LOCKED
            continue
        if here in seen:
            yield place, AGAIN
            continue
        seen.add(here)
        for path in inside:
            try:
                mode = 0 if _is_hidden(path) else path.stat().st_mode
            except OSError:
                yield path, DANGLING if os.path.islink(path) else LOCKED
                continue
            if not mode:
                if not path.name.lstrip(".").startswith(OWN_FILES):
                    yield path, HIDDEN
            elif not stat.S_ISDIR(mode):
                yield path, None if stat.S_ISREG(mode) else SPECIAL
            elif fault := leave_out(path):
                yield path, fault
            else:
                (links if path.is_symlink() else places).append(path)


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in SYSTEM_NAMES


def _is_in_or_around(name: str, folder: str) -> bool:
    return f"{name}/".startswith(f"{folder}/") or folder.startswith(f"{name}/")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _fault(file: Path) -> str | None:
    """Why a file is not taken for a picture; None where it is."""
    suffix = file.suffix.lower()
    if suffix in images.suffixes():
        return None
    for fault, suffixes in (
        (RAW, images.RAW_SUFFIXES),
        (HEIF, images.HEIF_SUFFIXES),
        (ASIDE, ASIDE_SUFFIXES),
    ):
        if suffix in suffixes:
            return fault
    if file.name.endswith("~"):
        return ASIDE
    if not os.access(file, os.R_OK):
        return LOCKED
    return None if images.holds_image(file) else NO_PICTURE
