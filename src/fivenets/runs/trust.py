"""Which model files are opened as they are, of those that a user names by their path.

HDF5 and Keras, which read them, were not made for a stranger's bytes: docs/decisions/0016.
"""

import os
from pathlib import Path

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting.engine import Export
from fivenets.runs.local import asked

# A database on this machine is asked; a server is not.
MADE_HERE = "SELECT 1 FROM tags WHERE key = 'model_sha256' AND value = ?"


def allow_list() -> Path:
    """The file of digests that a user trusts, lines as `sha256sum` writes them."""
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings, "fivenets", "trusted.sha256")


def opened_as(path: Path) -> Path:
    """The path; as an `UntrustedFile` where no run of the store has made it and the allow-list does
    not name it, or does not name the record of an export that lies beside it.

    Raises: UserError where one of them cannot be read.
    """
    record = Export.of(path).record
    try:
        digest = sha256(path)
        is_known = _is_allowed(digest) or bool(asked(MADE_HERE, [digest]))
        if is_known and os.path.exists(record):  # with the digests of the export's other files
            is_known = _is_allowed(sha256(record))
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from None
    return path if is_known else UntrustedFile(path)


def remember(path: Path) -> None:
    """Adds a file that was made just now, and the record of its export, to the allow-list."""
    made = [path, Export.of(path).record]
    digests = {file: sha256(file) for file in made if os.path.exists(file)}  # of a long name, False
    lines = [
        f"{digest}  {file.absolute()}\n"
        for file, digest in digests.items()
        if not _is_allowed(digest)
    ]
    allow_list().parent.mkdir(parents=True, exist_ok=True)
    is_cut = allow_list().is_file() and not allow_list().read_bytes().endswith(b"\n")
    with allow_list().open("a") as stream:
        stream.writelines(["\n" if is_cut else "", *lines])


def _is_allowed(digest: str) -> bool:
    file = allow_list()
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    return any(line.split()[:1] == [digest] for line in lines)
