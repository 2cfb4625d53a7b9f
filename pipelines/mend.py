"""Removes those of DVC's own files that a kill in the middle of a write has left unreadable.

DVC writes them in place, and stops at what it cannot read. What dvc.lock said of a stage is found
again in the cache of runs, or made again.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PATIENCE = 1.0  # seconds, in which a living process ends a write


def main() -> None:
    for file, check in CHECKS.items():
        if is_torn(file, check):
            time.sleep(PATIENCE)
            if is_torn(file, check):
                file.unlink()
                print(f"{file}: a kill has cut off its writing; removed", flush=True)


def is_torn(file: Path, check: Callable[[str], object]) -> bool:
    try:
        check(file.read_text())
    except FileNotFoundError:
        return False
    except (KeyError, TypeError, ValueError, AttributeError, YAMLError):
        return True
    return False


def check_lock(text: str) -> None:
    """Raises: KeyError, TypeError, AttributeError or YAMLError for what DVC would not read."""
    for stage in YAML(typ="safe").load(text)["stages"].values():
        for part in [stage, *stage.get("deps", []), *stage.get("outs", [])]:
            part["cmd" if part is stage else "path"]


CHECKS = {
    Path(".dvc/tmp/rwlock"): json.loads,  # what is read and written at the moment, and by whom
    Path("dvc.lock"): check_lock,
}

if __name__ == "__main__":
    main()
