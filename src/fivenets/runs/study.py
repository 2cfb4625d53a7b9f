"""What a study finds, kept in reports/studies/NAME.json beside the command that found it."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import files

FOLDER = Path("reports/studies")


def command() -> str:
    """What was typed to start this study."""
    return " ".join(["python", *sys.argv])


def read(name: str, otherwise: Any) -> Any:
    """What is kept of a study, or `otherwise` where nothing is yet."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else otherwise


def write(name: str, found: dict[str, Any] | list[Any]) -> Path:
    """Replaces what is kept of a study; returns its file."""
    file = FOLDER / f"{name}.json"
    files.write_text(file, json.dumps(found, indent=1) + "\n")
    return file


def add_row(name: str, row: dict[str, Any]) -> None:
    """Adds a row, with the command that made it, to those that are kept."""
    write(name, [*read(name, []), {"command": command(), **row}])


def interval(values: np.ndarray, resamples: int = 10_000) -> list[float]:
    """The ends of the 95% interval of their mean, by a bootstrap."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (resamples, len(values))).mean(axis=1)
    return np.quantile(means, [0.025, 0.975]).tolist()
