"""Files that are whole or not there, whatever is killed while they are written."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Replaces `path`, in a folder that is made where there is none, by `text` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
