"""Lists of pictures in ImageSets/Main, as people and programs write them -> annotations."""

import os
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.datasets.objects.encodings import marked

OTHERS = ("cp1252", "latin-1", "gb18030", "cp932", "big5", "euc_kr", "cp1251")
CLASS_COLUMN = re.compile(r"(.*\S)\s+(?:-1|0|1)")  # as in aeroplane_train.txt: is it in the picture
NAMES_SHOWN = 5


def read(file: Path, known: Collection[str]) -> tuple[list[str], list[str]]:
    """Which of the `known` names a list holds, each once, and remarks on how it was read.

    Raises: UserError where a line is none of them.
    """
    lines, remarks = _lines(file, known)
    found: dict[str, None] = {}
    unknown, twice, has_classes = [], [], False
    for line in lines:
        names = _names(line, known)
        has_classes |= bool(names) and _known(line, known) is None
        if not names:
            unknown.append(line)
        twice += [name for name in names if name in found]
        found |= dict.fromkeys(names)
    if unknown:
        raise UserError(f"{file} names what Annotations has no XML of: {some(unknown)}")
    if twice:
        remarks.append(f"{file.name} names {some(twice)} more than once: taken once")
    if has_classes:
        remarks.append(f"{file.name} has more than a name in a line: only the names are taken")
    return list(found), remarks


def some(names: Collection[str]) -> str:
    """The first few of the names, and how many more there are."""
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - NAMES_SHOWN} more" if len(unique) > NAMES_SHOWN else ""
    return ", ".join(unique[:NAMES_SHOWN]) + more


def plain(name: str) -> str:
    """A name as it is compared: macOS writes accents as letters of their own."""
    return unicodedata.normalize("NFC", name)


def _lines(file: Path, known: Collection[str]) -> tuple[list[str], list[str]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    if encoding := marked(data):
        try:
            return _split(data.decode(encoding)), []
        except UnicodeError:
            raise UserError(f"{file} is not in {encoding.upper()}, as its start says") from None
    try:
        return _split(data.decode()), []
    except UnicodeError:
        pass
    # Names of files may be in the list's own encoding, which Python keeps as surrogates.
    candidates = {"the encoding of the files' names": os.fsdecode(data)}
    for encoding in OTHERS:
        try:
            candidates[encoding.upper()] = data.decode(encoding)
        except UnicodeError:
            continue
    for encoding, text in candidates.items():
        if all(_names(line, known) for line in _split(text)):
            return _split(text), [f"{file.name} is not in UTF-8: read in {encoding}"]
    raise UserError(
        f"{file} is not in UTF-8, and in no encoding that was tried are its names those in "
        "Annotations"
    )


def _split(text: str) -> list[str]:
    stripped = (line.strip() for line in re.split(r"[\r\n]+", text))
    return [line for line in stripped if line]


def _names(line: str, known: Collection[str]) -> list[str]:
    """What a line names: one thing, perhaps with a class after it, else one thing a word."""
    with_class = CLASS_COLUMN.fullmatch(line)
    for text in [line, *(with_class.groups() if with_class else ())]:
        if name := _known(text, known):
            return [name]
    words = [_known(word, known) for word in line.split()]
    return [word for word in words if word] if all(words) else []


def _known(text: str, known: Collection[str]) -> str | None:
    """The known name that `text` is, or is with an ending or in a folder."""
    path = PurePosixPath(plain(text.replace("\\", "/")))
    for one in (path, PurePosixPath(path.name)):
        has_ending = one.suffix.lower() in {".xml", *images.HEIF_SUFFIXES, *images.suffixes()}
        stem = one.with_suffix("") if has_ending else one
        for name in (str(one), str(stem)):
            if name in known:
                return name
    return None
