"""Moves aside those of DVC's own files that a kill in the middle of a write has left unreadable.

DVC writes them in place, and stops at what it cannot read. What dvc.lock said of a stage is found
again in the cache of runs, or made again. A conflict of git's is left to its user.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PATIENCE = 1.0  # seconds, in which a living process ends a write
CONFLICT = "<<<<<<< "


def main() -> None:
    for file, read in READERS.items():
        if is_torn(file, read):
            time.sleep(PATIENCE)
            if is_torn(file, read):
                aside = Path(".dvc/tmp", f"{file.name}.torn")
                aside.parent.mkdir(parents=True, exist_ok=True)
                os.replace(file, aside)
                print(f"{file}: damaged, as after a kill; moved aside to {aside}", flush=True)


def is_torn(file: Path, read: Callable[[str], object]) -> bool:
    text = ""
    try:
        text = file.read_text()
        read(text)
    except FileNotFoundError:
        return False
    except (KeyError, TypeError, ValueError, AttributeError, YAMLError):
        return CONFLICT not in text
    return False


def read_lock(text: str) -> list[tuple[str, list[str]]]:
    """Each stage's command and paths, without any of which DVC refuses dvc.lock.

    Raises: KeyError, TypeError, AttributeError or YAMLError where one is missing.
    """
    return [
        (stage["cmd"], [part["path"] for part in [*stage.get("deps", []), *stage.get("outs", [])]])
        for stage in YAML(typ="safe").load(text)["stages"].values()
    ]


READERS = {
    Path(".dvc/tmp/rwlock"): json.loads,  # what is read and written at the moment, and by whom
    Path("dvc.lock"): read_lock,
}

if __name__ == "__main__":
    main()
