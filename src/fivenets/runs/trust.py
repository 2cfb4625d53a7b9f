"""Which model files are opened as they are, of those that a user names by their path.

HDF5 and Keras, which read them, were not made for a stranger's bytes: docs/decisions/0016.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from fivenets.core.digests import sha256
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting.engine import Export
from fivenets.runs.local import SQLITE, store_uri

MADE_HERE = "SELECT 1 FROM tags WHERE key = 'model_sha256' AND value = ?"


def allow_list() -> Path:
    """The file of digests that a user trusts, lines as `sha256sum` writes them."""
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings, "fivenets", "trusted.sha256")


def opened_as(path: Path) -> Path:
    """The path; as an `UntrustedFile` where no run of the store has made it and the allow-list does
    not name it, or where an export lies beside it, for which no digest vouches.
    """
    is_alone = not Export.of(path).record.exists()
    digest = sha256(path)
    is_known = is_alone and (_is_allowed(digest) or _is_made_here(digest))
    return path if is_known else UntrustedFile(path)


def _is_allowed(digest: str) -> bool:
    file = allow_list()
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    return any(line.split()[:1] == [digest] for line in lines)


def _is_made_here(digest: str) -> bool:
    """Whether a database on this machine has a run that made it; a server's is not asked."""
    uri = store_uri()
    database = Path(uri.removeprefix(SQLITE)).absolute()
    if not uri.startswith(SQLITE) or "?" in uri or not database.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as store:
            return store.execute(MADE_HERE, (digest,)).fetchone() is not None
    except sqlite3.Error:
        return False
